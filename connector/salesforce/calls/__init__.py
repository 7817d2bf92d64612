"""Composite calls, API limits, transport, outcomes of calls."""
