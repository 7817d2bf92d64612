"""Checks of this deployment and of a tenant's own settings."""
