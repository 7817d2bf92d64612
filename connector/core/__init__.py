"""The gateway to the payment core; it never imports Salesforce's gateway."""
