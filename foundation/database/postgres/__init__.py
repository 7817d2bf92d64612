"""What only PostgreSQL has: the fleet's job queue, and the end of sessions of processes that stand still."""
