"""Leases: which process works on which rows, and singletons in a fleet."""
