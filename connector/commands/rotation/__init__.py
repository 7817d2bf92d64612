"""`chat2pay rotate-key`: one secret changed without a pause."""
