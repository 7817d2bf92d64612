"""Tenants: access to their peers, policy, mapping, rights, API keys."""
