"""The commands `rotate-key`, which change one secret without an interruption."""
