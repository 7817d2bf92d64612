"""The commands about orders on their way to Salesforce."""
