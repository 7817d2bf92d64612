"""Callback notifications to applications: queued with the change that they report, delivered afterwards."""
