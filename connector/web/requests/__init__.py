"""The endpoints of payment requests."""
