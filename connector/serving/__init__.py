"""Running and stopping the servers: one process on SQLite, web processes and workers on PostgreSQL."""
