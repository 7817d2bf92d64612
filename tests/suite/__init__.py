"""How the tests themselves are run: in which order, on which databases, with what is made once, and what they reach."""
