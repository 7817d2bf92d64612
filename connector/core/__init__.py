"""The gateway to the payment core; it shares nothing with the gateway to Salesforce."""
