"""Empty databases of either kind, and what they plan for a query."""
