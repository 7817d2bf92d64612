"""Checks of an org for doctor and for a mapping."""
