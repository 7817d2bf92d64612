"""Validating, checking and changing a tenant's mapping to Salesforce fields."""
