"""Metrics of one process, or of all processes that share a folder."""
