"""Callback notifications: confirmed with the core's record, applied to requests, replayed, archived."""
