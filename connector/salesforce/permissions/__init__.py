"""What the shipped permission sets give, and what a user of an org holds of it."""
