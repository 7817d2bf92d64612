"""Stripe as a payment gateway: its hosted page, saved cards, captures, refunds and events, over plain HTTP."""
