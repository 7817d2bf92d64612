"""Plays the whole journey on one machine: starts the connector and both sandboxes; reaches them by HTTP and command line only."""
