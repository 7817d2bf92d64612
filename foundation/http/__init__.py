"""Calls to peers: sessions, the transport with a deadline below them, the way out, and the addresses called."""
