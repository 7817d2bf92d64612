"""Rendering of errors: JSON in the words of the API, pages for people."""
