"""The API that applications call."""
