"""Texts that people write and others read."""
