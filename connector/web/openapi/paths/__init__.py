"""The descriptions of the endpoints, a file per group."""
