"""What an org says of its objects, fields and permissions."""
