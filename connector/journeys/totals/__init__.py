"""Decides when the totals of orders are read again: before one is called paid, and while money is on it."""
