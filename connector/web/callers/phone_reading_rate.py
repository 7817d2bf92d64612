"""The limit of phone-number readings per open page and minute."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import manifests
from connector.errors import TooMany
from connector.texts.catalogues import catalogue
from connector.texts.reader import reader_language

MOST: int = manifests.load("connector.json")["launch"]["phone_readings_per_minute"]
_WINDOW = timedelta(minutes=1)


class PhoneReadingRateLimit:
    """Counts calls per launch in fixed one-minute windows, in this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._taken: dict[str, int] = {}

    def count(self, launch_id: str, *, now: datetime) -> None:
        """Count one reading.

        Raises:
            TooMany: this launch has used its allowance for this minute.
        """
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._minute != minute:
                # A new window drops all counters, so that memory is bounded by the launches of one minute.
                self._minute, self._taken = minute, {}
            self._taken[launch_id] = taken = self._taken.get(launch_id, 0) + 1
        if taken > MOST:
            seconds = max(1, round((minute + _WINDOW - now).total_seconds()))
            raise TooMany(catalogue(reader_language())["phone_too_often"], retry_after_s=seconds, kind="launch")
