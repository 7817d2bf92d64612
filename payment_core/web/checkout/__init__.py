"""The customer's pages: the payment page of a link, and the receipt."""
