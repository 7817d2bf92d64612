"""How calls to an org are made: SOQL, Composite bodies, API limits, transport, and the readers that the client keeps."""
