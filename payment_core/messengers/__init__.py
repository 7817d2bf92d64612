"""Messengers: one protocol and one vocabulary of failures, an adapter for each."""
