"""Erasing a person from what is stored."""
