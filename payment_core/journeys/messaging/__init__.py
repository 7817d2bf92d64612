"""Messages to customers: which text, when it is sent, and what became of it."""
