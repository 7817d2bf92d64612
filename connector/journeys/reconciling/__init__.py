"""Comparing core, database and Salesforce, and healing what differs."""
