"""How errors and headers are rendered."""
