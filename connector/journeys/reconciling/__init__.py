"""Holding core, database and Salesforce against each other, and healing what differs."""
