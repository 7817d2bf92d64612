"""The ledger as an operator meets it: looked at, brought back, put away; and what a scrape shows."""
