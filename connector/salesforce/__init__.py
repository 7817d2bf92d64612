"""The connector speaks to Salesforce: everything that knows Salesforce's words, and nothing of the payment core."""
