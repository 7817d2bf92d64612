"""Look at everything that must be right."""
