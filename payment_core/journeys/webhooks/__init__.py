"""What providers report: stored before it is answered, then a reason to look."""
