"""The use cases of the connector, one verb per file; only here do Salesforce, the payment core and the store meet."""
