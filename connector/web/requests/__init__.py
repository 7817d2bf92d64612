"""The endpoints of orders and payment requests."""
