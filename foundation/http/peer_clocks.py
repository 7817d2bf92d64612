"""How far the clocks of peers are from ours, measured by the ``Date`` of every answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from foundation.clock import read_http_date

_NONE = timedelta(0)
# A Date header is cut to whole seconds, https://www.rfc-editor.org/rfc/rfc9110#section-6.6.1
_SECOND = timedelta(seconds=1)


class PeerClocks:
    """Keeps the measured difference of each peer, by its address; one that was not asked yet has none."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._lock = threading.Lock()
        self._ahead: dict[str, timedelta] = {}

    def ahead(self, address: str) -> timedelta:
        """Return how far a peer's clock is ahead of ours; negative where it is behind."""
        return self._ahead.get(address, _NONE)

    def measure(self, address: str, headers: Mapping[str, str], *, asked_at: datetime) -> timedelta:
        """Take an answer to a call that began at ``asked_at``, and return the difference that is known then."""
        stamp = read_http_date(headers.get("Date") or "")
        # A stored answer carries the time at which it was made.
        if stamp is None or "Age" in headers:
            return self.ahead(address)
        # The header is an interval and not a point: the difference moves only where it is outside, so that it stays the same
        # between two calls, and is none at all where both clocks are right.
        earliest, latest = stamp - self.now(), stamp + _SECOND - asked_at
        with self._lock:
            known = self._ahead.get(address, _NONE)
            self._ahead[address] = min(max(known, earliest), max(earliest, latest))
            return self._ahead[address]
