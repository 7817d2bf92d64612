"""Which sentence says the truth about an order or a payment request."""
