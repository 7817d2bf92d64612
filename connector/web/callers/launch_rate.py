"""Limits of what one open page may ask per minute."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from connector.errors import TooMany
from connector.languages.catalogues import catalogue
from connector.languages.reader import reader_language

_WINDOW = timedelta(minutes=1)


class LaunchRateLimit:
    """Counts calls per launch in fixed one-minute windows, in this process only; ``sentence`` is what a refused page shows."""

    def __init__(self, most: int, sentence: str) -> None:
        self._most, self._sentence = most, sentence
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._taken: dict[str, int] = {}

    def count(self, launch_id: str, *, now: datetime) -> None:
        """Count one call.

        Raises:
            TooMany: this launch has used its allowance for this minute.
        """
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._minute != minute:
                # A new window drops all counters, so that memory is bounded by the launches of one minute.
                self._minute, self._taken = minute, {}
            self._taken[launch_id] = taken = self._taken.get(launch_id, 0) + 1
        if taken > self._most:
            seconds = max(1, round((minute + _WINDOW - now).total_seconds()))
            raise TooMany(catalogue(reader_language())[self._sentence], retry_after_s=seconds, kind="launch")
