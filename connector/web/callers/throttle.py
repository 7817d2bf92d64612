"""Keep an action from being repeated too soon in this process."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class Throttle:
    """Allows each named action once per ``wait``."""

    def __init__(self, wait: timedelta) -> None:
        self._wait = wait
        self._lock = threading.Lock()
        self._tried: dict[str, datetime] = {}

    def take(self, name: str, *, now: datetime) -> bool:
        """Return whether the action may run now, and if so record that it runs; of concurrent callers one gets True."""
        with self._lock:
            # What may run again is dropped, so that memory is bounded by the actions of one wait.
            self._tried = {one: at for one, at in self._tried.items() if now - at < self._wait}
            if name in self._tried:
                return False
            self._tried[name] = now
            return True

    def forget(self, name: str) -> None:
        """Let an action run at once that was taken and not done."""
        with self._lock:
            self._tried.pop(name, None)

    def note(self, name: str, *, now: datetime) -> None:
        """Restart the wait: an attempt that failed slowly should not be repeated at once."""
        with self._lock:
            self._tried[name] = now
