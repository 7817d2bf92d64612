"""The settings of a payment core: one table of environment variables, read once, with all errors reported together."""
