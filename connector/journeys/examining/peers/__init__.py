"""Checks of a tenant's Salesforce org and payment core."""
