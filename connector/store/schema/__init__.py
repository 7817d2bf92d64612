"""Tables, their migrations, and the state of a database's schema."""
