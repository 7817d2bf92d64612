"""The gateway to Salesforce; it never imports the payment core's gateway."""
