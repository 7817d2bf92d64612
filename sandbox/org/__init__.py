"""The Salesforce org sandbox: knows Salesforce's paths, shapes and rules, and refuses to know the connector."""
