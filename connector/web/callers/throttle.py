"""Remember when something was last tried in this process, so that it is not tried again too soon."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta


class Throttle:
    """Remembers every try for ``wait`` and forgets it then."""

    def __init__(self, wait: timedelta) -> None:
        self._wait = wait
        self._lock = threading.Lock()
        self._tried: dict[str, datetime] = {}

    def take(self, name: str, *, now: datetime) -> bool:
        """Say whether this is the time for another try, and note that it is made: of callers at once one may go."""
        with self._lock:
            self._tried = {one: at for one, at in self._tried.items() if now - at < self._wait}
            if name in self._tried:
                return False
            self._tried[name] = now
            return True

    def note(self, name: str, *, now: datetime) -> None:
        """Wait from now on: the try has taken its time and failed."""
        with self._lock:
            self._tried[name] = now
