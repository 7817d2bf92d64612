"""What commands share: starting, asking, times, and who runs them."""
