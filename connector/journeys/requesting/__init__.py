"""Sending a payment request: recipient, consent, limits, the call to the core."""
