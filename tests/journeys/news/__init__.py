"""Bells, events and bookings: what Salesforce is told beside the record."""
