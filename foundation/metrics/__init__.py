"""Counters and their places in a fleet of processes."""
