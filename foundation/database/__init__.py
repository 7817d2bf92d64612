"""Connections, transactions, column types and jobs on SQLite and PostgreSQL; the tables are each service's own."""
