"""Pushing orders and payment requests to Salesforce, and retrying what it does not take."""
