"""What is written whenever orders and payment requests change: the order, its version, history, outbox."""
