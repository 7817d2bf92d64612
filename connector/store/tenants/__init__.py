"""Tenants and what belongs to one: keys, tokens, mapping, launches."""
