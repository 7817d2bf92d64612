"""How secrets are changed by commands: in steps, both good meanwhile."""
