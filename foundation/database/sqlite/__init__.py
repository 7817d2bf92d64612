"""What only SQLite needs: how its connections begin and end transactions."""
