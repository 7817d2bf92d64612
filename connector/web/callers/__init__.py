"""Authentication of API callers: launch tokens, API keys, and their rate limits."""
