"""Failures of single calls: answers that are lost, errors of the server, and too many calls."""

from __future__ import annotations

import random
import threading
from collections import deque
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong with a call. A 500 may have sent: https://www.twilio.com/docs/api/errors/20500."""

    LOST_BEFORE = "lost_before"  # no answer, and nothing was done
    LOST_AFTER = "lost_after"  # no answer, and the message is sent
    ERROR_BEFORE = "error_before"  # 500, and nothing was done
    ERROR_AFTER = "error_after"  # 500, and the message is sent
    BUSY = "busy"  # 429, never processed: https://www.twilio.com/docs/api/errors/20429


class Faults:
    """The failures to come of calls that create a message; ``reads_too`` lets lists fail as well."""

    def __init__(self) -> None:
        self._coming: deque[Fault] = deque()
        self._chance = 0.0
        self._random = random.Random()  # noqa: S311 (a test that can be repeated)
        self._lock = threading.Lock()
        self.reads_too = False

    def add(self, *faults: Fault) -> None:
        """Let the coming calls fail."""
        with self._lock:
            self._coming.extend(faults)

    def at_random(self, chance: float, *, seed: int, reads_too: bool = False) -> None:
        """Let any call fail in any way, with a probability."""
        with self._lock:
            self._chance, self._random = chance, random.Random(seed)  # noqa: S311 (a test that can be repeated)
            self.reads_too = reads_too

    def clear(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            self._coming.clear()
            self._chance, self.reads_too = 0.0, False

    def next(self, *, is_read: bool) -> Fault | None:
        """Return what goes wrong with this call."""
        with self._lock:
            if is_read and not self.reads_too:
                return None
            if self._coming:
                return self._coming.popleft()
            return self._random.choice(list(Fault)) if self._random.random() < self._chance else None
