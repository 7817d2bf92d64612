"""When work runs: the clock is a door too."""
