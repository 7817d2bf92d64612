"""Orders as last read from Salesforce, and which of them must be read again."""
