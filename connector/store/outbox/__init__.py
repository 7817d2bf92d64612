"""The outbox: one row per order with changes to push to Salesforce."""
