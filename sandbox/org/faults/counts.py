"""Counters of calls, logins and written records."""

from __future__ import annotations

import threading


class CallCounts:
    """What the benchmarks read: calls, logins, records, and how many calls were under way at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        # The org's allowance does not start again when a benchmark resets its counters.
        self.used_today = 0
        self.reset()

    def reset(self) -> None:
        """Set the counters to zero; what is under way still counts."""
        with self._lock:
            self.api_calls = self.logins = self.records_written = 0
            # Not zero: calls that began before the reset are still under way, and overlap with the next.
            self.peak_in_flight = self._in_flight

    def begin_call(self) -> None:
        """Count a call that begins."""
        with self._lock:
            self.api_calls += 1
            self.used_today += 1
            self._in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self._in_flight)

    def end_call(self) -> None:
        """Count a call that has ended."""
        with self._lock:
            self._in_flight -= 1

    def add(self, *, logins: int = 0, records: int = 0, used: int = 0) -> None:
        """Add to the counters."""
        with self._lock:
            self.logins += logins
            self.records_written += records
            self.used_today += used

    def as_json(self) -> dict[str, int]:
        """Return the counters by name."""
        names = ("api_calls", "logins", "records_written", "peak_in_flight")
        return {name: getattr(self, name) for name in names}
