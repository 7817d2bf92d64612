"""Keeps Salesforce in step with the ledger: what its answers to a push mean, and when it is tried again."""
