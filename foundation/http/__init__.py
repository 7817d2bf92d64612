"""HTTP calls to peers: sessions, transport with a deadline, egress (proxy and trusted authorities), and addresses."""
