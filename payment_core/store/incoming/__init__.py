"""What providers send us, and until when they were asked for what never arrived."""
