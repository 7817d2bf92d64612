"""Payment requests with their history, operations, polling, send limits and opt-outs."""
