"""Orders that are read again because somebody looks at them."""
