"""What workers take from the queues, and what is shown of them."""
