"""What a customer replied: stop, start, help, forget, or pay."""
