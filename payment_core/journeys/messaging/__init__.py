"""Messages to customers: which text, when it is sent, what became of it, and what a reply means."""
