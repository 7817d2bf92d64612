"""Connections, transactions, column types and jobs on SQLite and PostgreSQL; each service defines its own tables."""
