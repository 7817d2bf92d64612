"""Knows how often each API key called this process in the present minute; refuses to know what for.

Memory of one process: a fleet of n web processes lets through n times as much. What must be exact, the limits of sends,
is counted in the database.
"""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta

import manifests
from connector.errors import TooMany

_MOST: int = manifests.load("connector.json")["api_keys"]["calls_per_minute"]
_WINDOW = timedelta(minutes=1)


class KeyRate:
    """Counts calls by key, a minute at a time."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._begun: datetime | None = None
        self._calls: dict[str, int] = {}

    def count(self, key_id: str, *, now: datetime) -> None:
        """Count one call of a key.

        Raises:
            TooMany: it has called too often in this minute.
        """
        with self._lock:
            if self._begun is None or not self._begun <= now < self._begun + _WINDOW:
                self._begun, self._calls = now, {}
            calls = self._calls[key_id] = self._calls.get(key_id, 0) + 1
            ends_at = self._begun + _WINDOW
        if calls > self._most:
            seconds = max(1, math.ceil((ends_at - now).total_seconds()))
            raise TooMany(
                f"This API key calls too often. Try again in {seconds} s.",
                retry_after_s=seconds,
                facts={"kind": "key"},
            )
