"""What stands in for the two peers, over real HTTP; it knows nothing of the connector, which never imports it."""
