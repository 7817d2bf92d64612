"""Read settings from the environment, and check them."""
