"""Leases on rows of inbox and outbox, and on work that one worker of a fleet does at a time."""
