"""The domain model of orders, payment requests, money and tenants: no I/O, no clock, no framework."""
