"""Resources of the Connect REST API: order payment summaries and named credentials."""
