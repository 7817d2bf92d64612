"""Which orders wait to be written to Salesforce, and what becomes of those that it does not take."""
