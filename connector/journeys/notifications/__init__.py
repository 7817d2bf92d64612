"""Callback notifications: confirmed with the core's record, applied, replayed, archived."""
