"""Payment requests with their history, operations, limits and opt-outs."""
