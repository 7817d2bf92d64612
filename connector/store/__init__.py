"""The connector speaks to its database: everything that knows SQL, and nothing that decides."""
