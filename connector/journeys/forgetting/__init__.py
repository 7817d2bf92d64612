"""Erasing a person from what is kept."""
