"""Background work: when it runs, in one process or in a fleet."""
