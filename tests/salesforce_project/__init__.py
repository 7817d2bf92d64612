"""The Salesforce project: what a deploy would refuse, found without an org."""
