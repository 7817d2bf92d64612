"""Knows how often each API key may still call in the present minute; refuses to know what for.

The whole fleet draws on one allowance, kept in the database: a process takes a few calls at a time from it, so most calls
cost no look there. What it took and did not use is lost when the minute ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import manifests
from connector.errors import TooMany

MOST: int = manifests.load("connector.json")["api_keys"]["calls_per_minute"]
_AT_ONCE = 10
_WINDOW = timedelta(minutes=1)


class KeyRate:
    """Counts calls by key, a minute of the clock at a time.

    ``take`` asks the fleet's allowance for calls of a minute and returns how many there were.
    """

    def __init__(self, take: Callable[..., int]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._left: dict[str, int] = {}
        self._spent: set[str] = set()

    def count(self, key_id: str, *, now: datetime) -> None:
        """Count one call of a key.

        Raises:
            TooMany: it has called too often in this minute.
        """
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._minute != minute:
                self._minute, self._left, self._spent = minute, {}, set()
            left = self._left.get(key_id, 0)
            self._left[key_id] = max(0, left - 1)
            spent = key_id in self._spent
        if left:
            return
        taken = 0 if spent else self._take(key_id, wanted=_AT_ONCE, most=MOST, minute=minute)
        with self._lock:
            if taken:
                self._left[key_id] = self._left.get(key_id, 0) + taken - 1
                return
            self._spent.add(key_id)
        seconds = max(1, round((minute + _WINDOW - now).total_seconds()))
        raise TooMany(
            f"This API key calls too often. Try again in {seconds} s.", retry_after_s=seconds, facts={"kind": "key"}
        )
