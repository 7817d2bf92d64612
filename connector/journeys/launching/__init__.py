"""Opening the extension on an order, and renewing the token of an open page."""
