"""Inspection of an org, for doctor and for the check of a mapping."""
