"""Every row of the list of what the agent sees, in a real browser over a connector in this process."""
