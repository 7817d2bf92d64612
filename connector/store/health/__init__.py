"""What keeps findings fresh: events that raise and clear them, looks that are due, and when the core was last heard."""
