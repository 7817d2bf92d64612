"""The payment core sandbox: it plays the payment core over real HTTP and knows nothing of the connector."""
