"""Encryption of secrets and callback bodies at rest."""
