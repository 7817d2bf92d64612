"""Payment gateways: one protocol and one vocabulary of errors, an adapter for each."""
