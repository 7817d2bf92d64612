"""Forms that every part of the org shares: errors, ids, times and numbers."""
