"""The connector decides: one verb per file. Only here do Salesforce, the payment core and the store meet."""
