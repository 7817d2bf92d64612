"""Links, and the cards that their payers saved."""
