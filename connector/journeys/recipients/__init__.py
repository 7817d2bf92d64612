"""Whose phone a payment link goes to, and how a number and its country are told to people."""
