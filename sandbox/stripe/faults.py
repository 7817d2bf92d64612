"""Failures of single calls: answers that are lost, errors of the server, and too many calls."""

from __future__ import annotations

import random
import threading
from collections import defaultdict, deque
from collections.abc import Iterable
from enum import StrEnum


class Fault(StrEnum):
    """What goes wrong with a call."""

    LOST_BEFORE = "lost_before"  # no answer, and nothing was done
    LOST_AFTER = "lost_after"  # no answer, and all was done
    ERROR_BEFORE = "error_before"  # 500, and nothing was done; the answer is kept for the key
    ERROR_AFTER = "error_after"  # 500, and all was done; the answer is kept for the key
    BUSY = "busy"  # 429: nothing was done, and nothing is kept
    TIMED_OUT = "timed_out"  # all was done, and no answer within the caller's time


# A time-out takes its time, so it happens only where its operations are named.
_AT_RANDOM = tuple(one for one in Fault if one is not Fault.TIMED_OUT)


class Faults:
    """The failures to come, by operation such as ``POST /v1/refunds``; ids in paths are written as ``{id}``."""

    def __init__(self) -> None:
        self._coming: dict[str, deque[Fault]] = defaultdict(deque)
        self._chance = 0.0
        self._slow: frozenset[str] = frozenset()
        self._slow_chance = 0.0
        self._random = random.Random()  # noqa: S311 (a test that can be repeated)
        self._lock = threading.Lock()
        # How long a time-out is silent.
        self.silent_seconds = 25.0

    def add(self, operation: str, fault: Fault, times: int = 1) -> None:
        """Let the coming calls of an operation fail."""
        with self._lock:
            self._coming[operation].extend([fault] * times)

    def at_random(self, chance: float, *, seed: int) -> None:
        """Let any call fail in any way, with a probability."""
        with self._lock:
            self._chance, self._random = chance, random.Random(seed)  # noqa: S311 (a test that can be repeated)

    def time_out_at_random(self, chance: float, operations: Iterable[str]) -> None:
        """Let any call of these operations be answered too late, with a probability.

        By the call and not by the clock: what is called seldom would else fail each time, for as long as somebody tries.
        """
        with self._lock:
            self._slow_chance, self._slow = chance, frozenset(operations)

    def clear(self) -> None:
        """Let nothing fail any more."""
        with self._lock:
            self._coming.clear()
            self._chance = self._slow_chance = 0.0

    def next(self, operation: str) -> Fault | None:
        """Return what goes wrong with this call."""
        with self._lock:
            if self._coming[operation]:
                return self._coming[operation].popleft()
            if operation in self._slow and self._random.random() < self._slow_chance:
                return Fault.TIMED_OUT
            if self._random.random() < self._chance:
                return self._random.choice(_AT_RANDOM)
            return None
