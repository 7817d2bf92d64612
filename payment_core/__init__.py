"""A payment core that anyone can run: hosted checkout, saved cards, messages and callback notifications."""
