"""Tables, their migrations, and what state a database is in."""
