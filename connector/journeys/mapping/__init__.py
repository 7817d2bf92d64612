"""Checks and changes which Salesforce fields an org uses for what."""
