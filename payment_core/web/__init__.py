"""HTTP: the API, the customer's pages, the providers' webhooks, and the portal."""
