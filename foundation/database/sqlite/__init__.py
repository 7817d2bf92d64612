"""What only SQLite needs: how its connections begin and end transactions, and when its log is copied."""
