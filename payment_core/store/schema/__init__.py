"""Tables, their migrations, and the state of the schema."""
