"""Logging in to an org, and the access tokens of that."""
