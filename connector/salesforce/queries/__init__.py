"""Queries beyond one order: changed orders, versions, consent."""
