"""Rendering of errors, and the headers of every answer."""
