"""Orders and payment requests in Salesforce's words."""
