"""The faults at random, drawn by the plan in force, and what Salesforce answers then."""

from __future__ import annotations

import random
import threading
import time

from sandbox.org.faults.plan import FaultPlan
from sandbox.org.wire.errors import ApiError

_EXPIRES_EVERY = 50


class FaultInjector:
    """The plan in force, and the random draws."""

    def __init__(self) -> None:
        self.plan = FaultPlan()
        # Not seeded: threads draw in another order in every run anyway.
        self._rng = random.Random()  # noqa: S311 draws of faults, nothing secret
        self._lock = threading.Lock()
        self._calls = 0

    def _happens(self, share: float) -> bool:
        return share > 0 and self._rng.random() < share

    def wait(self) -> None:
        """Sleep as long as the plan's latency says."""
        low, high = self.plan.latency_ms
        if high > 0:
            time.sleep(self._rng.uniform(low, high) / 1000)

    def check_row_lock(self) -> None:
        """Refuse a write that finds its row locked. Raises ApiError."""
        if self._happens(self.plan.locked_rows):
            # Salesforce waits ten seconds for a lock before it says so; nothing is gained by waiting here.
            raise ApiError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")

    def check_available(self) -> None:
        """Refuse a call as a server that is overloaded. Raises ApiError 503."""
        if self._happens(self.plan.http_503):
            raise ApiError("SERVER_UNAVAILABLE", "The server is temporarily unavailable", status=503)

    def refuses_events(self) -> bool:
        """Return whether this event is refused."""
        return self._happens(self.plan.events_unavailable)

    def check_concurrency(self) -> None:
        """Refuse a call that is one too many at a time. Raises ApiError."""
        if self._happens(self.plan.concurrent_limit):
            raise ApiError("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", status=403)

    def drops_answer(self) -> bool:
        """Return whether the answer to this call is lost."""
        return self._happens(self.plan.drop_answers)

    def expires_token(self) -> bool:
        """Every fiftieth call loses its token while the fault is on."""
        if not self.plan.expire_tokens:
            return False
        with self._lock:
            self._calls += 1
            # Counted and not drawn, so that every run of fifty calls meets it once.
            return self._calls % _EXPIRES_EVERY == 0
