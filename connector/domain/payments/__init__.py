"""Orders, payment requests, money and their statuses."""
