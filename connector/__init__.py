"""The connector: carries payment requests from Salesforce to a payment core, and the core's news back to the order."""
