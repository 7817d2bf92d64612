"""Locks, leases and snapshots, statement by statement."""
