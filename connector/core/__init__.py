"""The connector speaks to the payment core: everything that knows the core's words, and nothing of Salesforce."""
