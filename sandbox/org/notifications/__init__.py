"""What the org sends to people and subscribers beside its records: bells and platform events."""
