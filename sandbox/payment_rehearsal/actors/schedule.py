"""Who plays which step next: payments side by side, with a pause of random length between the steps of each."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
import time
from collections.abc import Iterable, Iterator

_PAUSE_SECONDS = (0.02, 0.4)


class Schedule:
    """Payments that wait, at most ``at_once`` of them under way. ``errors`` holds what an actor could not go on after."""

    def __init__(self, payments: Iterable[Iterator[None]], *, at_once: int) -> None:
        self._waiting = list(payments)
        # When the next step of each is due (monotonic), the earliest first; the number keeps steps from being compared.
        self._playing: list[tuple[float, int, Iterator[None]]] = []
        self._numbers = itertools.count()
        self._under_way = 0
        self._at_once = at_once
        self._changed = threading.Condition()
        # One actor alone waits for the earliest step: else all would wake for each.
        self._is_watched = False
        self.errors: list[Exception] = []

    def work(self, rng: random.Random) -> None:
        """Play steps until nothing is left."""
        while (steps := self._next()) is not None:
            self._play(steps, rng)

    def _next(self) -> Iterator[None] | None:
        with self._changed:
            while not self.errors:
                now = time.monotonic()
                if self._playing and self._playing[0][0] <= now:
                    steps = heapq.heappop(self._playing)[2]
                    self._changed.notify()
                    return steps
                if self._waiting and self._under_way < self._at_once:
                    self._under_way += 1
                    return self._waiting.pop()
                if not self._under_way:
                    return None
                self._wait(now)
        return None

    def _wait(self, now: float) -> None:
        """Wait until something changed or, as the one who watches, until the earliest step is due."""
        if self._is_watched or not self._playing:
            self._changed.wait()
            return
        self._is_watched = True
        self._changed.wait(self._playing[0][0] - now)
        self._is_watched = False

    def _play(self, steps: Iterator[None], rng: random.Random) -> None:
        is_over, error = False, None
        try:
            is_over = next(steps, steps) is steps
        except Exception as raised:  # the rehearsal itself is broken: shown to whoever runs it
            error = raised
        with self._changed:
            if error is not None:
                self.errors.append(error)
            elif is_over:
                self._under_way -= 1
            else:
                planned = (time.monotonic() + rng.uniform(*_PAUSE_SECONDS), next(self._numbers), steps)
                heapq.heappush(self._playing, planned)
                if self._playing[0] is not planned:
                    return
            self._changed.notify_all()
