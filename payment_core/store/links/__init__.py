"""Links, attempts to pay them, moves of their money, and saved cards."""
