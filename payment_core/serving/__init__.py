"""Start and stop the servers: one process on SQLite, web processes and workers on PostgreSQL."""
