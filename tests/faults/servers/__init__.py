"""One process from its start to its end, and what real servers make of odd requests."""
