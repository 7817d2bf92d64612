"""The sentences that are true of an order or a payment request."""
