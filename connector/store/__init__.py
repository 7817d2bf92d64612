"""The database: all SQL of the connector, and no decisions."""
