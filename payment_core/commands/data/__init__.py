"""Commands for what the core stores: its database, its encryption, and forgetting persons."""
