"""What a merchant does with money that is held or taken: capture it, give it back."""
