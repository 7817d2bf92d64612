"""A walk of the panel through every row that the agent's page has."""
