"""The examination: one thing broken, one finding that names it."""
