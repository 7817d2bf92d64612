"""The last reading of each order, its totals and its changes."""
