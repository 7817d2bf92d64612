"""A tenant: access, policy, mapping, rights, keys."""
