"""Encryption of secrets and of bodies at rest, each bound to its owner."""
