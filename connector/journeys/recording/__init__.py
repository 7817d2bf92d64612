"""Writing changed orders and payment requests, with versions, history and outbox."""
