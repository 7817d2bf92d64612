"""What an operator does by command: look at entries, bring them back, put them away, forget a customer; what a scrape shows."""
