"""How calls to an org are made: Composite bodies, API limits, transport, and the observer of their outcomes."""
