"""The gateway to Salesforce orgs; it shares nothing with the payment core's gateway."""
