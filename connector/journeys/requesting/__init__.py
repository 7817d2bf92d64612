"""Sending a payment request: recipient, consent, rate limits, the call to the core."""
