"""Changing a payment request that exists: cancel, replace, capture, reverse, release, correct."""
