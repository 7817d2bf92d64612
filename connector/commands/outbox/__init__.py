"""The commands for orders that are written to Salesforce: list, show, push."""
