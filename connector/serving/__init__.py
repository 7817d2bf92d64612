"""How a server runs and stops: one process on SQLite, web processes and workers on PostgreSQL."""
