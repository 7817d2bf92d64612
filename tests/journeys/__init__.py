"""The whole app on a real database, its peers faked at the wire: what the product promises, one sentence per test."""
