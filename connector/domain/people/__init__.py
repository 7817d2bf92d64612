"""People's names, and customers' consent."""
