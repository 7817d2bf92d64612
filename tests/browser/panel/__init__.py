"""The panel on a page of its own, built with open-source LWC, with Apex played against the running connector."""
