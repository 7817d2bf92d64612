"""Several operations in one call."""
