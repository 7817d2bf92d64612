"""What goes wrong on request: faults at random, and refusals on purpose."""
