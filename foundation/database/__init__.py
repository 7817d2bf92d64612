"""Connections, transactions and column types on SQLite and PostgreSQL; each service defines its own tables."""
