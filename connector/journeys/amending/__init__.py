"""Changes to an existing payment request: cancel, replace, capture, reverse, release, correct."""
