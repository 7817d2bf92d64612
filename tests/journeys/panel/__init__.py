"""What the panel's Apex sends and reads, played against the connector over HTTP."""
