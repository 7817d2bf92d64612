"""Doors for people and Salesforce. They translate: no rule is decided here."""
