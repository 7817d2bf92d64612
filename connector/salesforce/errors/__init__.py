"""The meaning of Salesforce's errors: of a whole call, of one record, and code by code."""
