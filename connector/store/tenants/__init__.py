"""Tenants and what belongs to them: API keys, access tokens, mappings, launches, call rates."""
