"""The running org: its parts, keys, sessions and sample data."""
