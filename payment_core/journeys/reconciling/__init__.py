"""Hold gateway, links and notifications against each other."""
