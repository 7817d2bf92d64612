"""The outbox: one row per order that Salesforce must be told about."""
