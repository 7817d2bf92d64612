"""Looks at everything that must be right, and says what is not."""
