"""How a customer's money arrives: pages, saved cards, and what the gateway says of them."""
