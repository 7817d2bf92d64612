"""Pages for people: the customers' phones, and what happens to payments at their gateway."""
