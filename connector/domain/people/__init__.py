"""Customers: names and consent."""
