"""The versions of the API that the org answers."""

OLDEST, NEWEST = 50, 68
NEWEST_VERSION = f"{NEWEST}.0"
