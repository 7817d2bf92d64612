"""Choice and rendering of the sentences that people read about an order or a payment request."""
