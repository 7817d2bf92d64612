"""What refused launches, callbacks and settings leave behind as findings for the admin."""
