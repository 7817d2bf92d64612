"""Several processes of one deployment on PostgreSQL."""
