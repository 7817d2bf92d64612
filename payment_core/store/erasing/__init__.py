"""Erasure of what is older than the retention, and of one person."""
