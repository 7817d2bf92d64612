"""What only a payment core of our own offers: messages before they are sent, receipts and links to be handed over."""
