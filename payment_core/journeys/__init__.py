"""Decisions, one verb per file: they read, call a gateway or a messenger, and write what came of it."""
