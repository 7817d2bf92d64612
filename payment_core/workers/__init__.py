"""When background work runs: deadlines, messages, looks at payments, callbacks."""
