"""Opening the extension on an order, and keeping an open page alive."""
