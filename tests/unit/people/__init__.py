"""People: their names, their notes, and what a customer agreed to."""
