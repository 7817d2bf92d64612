"""The versions of the API that the org answers."""

from __future__ import annotations

OLDEST, NEWEST = 50, 68
NEWEST_VERSION = f"{NEWEST}.0"
