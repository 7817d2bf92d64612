"""Logins to an org, and their access tokens."""
