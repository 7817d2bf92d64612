"""`chat2pay tenant` and what it asks and prints."""
