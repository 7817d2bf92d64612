"""Who calls: launch tokens, API keys, their rate limits."""
