"""OAuth: tokens, identity, and their errors."""
