"""What goes wrong on purpose: faults of the core and the org, crashes of the connector."""
