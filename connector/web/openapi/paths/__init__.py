"""The documented endpoints, a file per group."""
