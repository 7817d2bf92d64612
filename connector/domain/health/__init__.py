"""Examinations, their findings, and Salesforce's refusals."""
