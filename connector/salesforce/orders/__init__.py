"""Orders and payment requests as Salesforce records."""
