"""Connecting an org and its payment core, rotating their secrets, and detecting keys that are used by a copied org."""
