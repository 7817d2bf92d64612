"""What one tenant may not see, change or delay of another."""
