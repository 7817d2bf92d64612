"""What the org tells people and subscribers beside its records: bells and platform events."""
