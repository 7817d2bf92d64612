"""The org's pages and the Canvas app on them."""
