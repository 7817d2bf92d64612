"""Substitutes for the two peers over real HTTP, and what drives them; never imported by the connector, nor importing it."""
