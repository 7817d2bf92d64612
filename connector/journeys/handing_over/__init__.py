"""Hand over to an agent what the customer has, or shall have: the receipt and the link."""
