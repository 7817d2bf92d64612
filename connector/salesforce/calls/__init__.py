"""Composite calls, API limits, how calls end."""
