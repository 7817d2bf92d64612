"""Who plays which step next: payments side by side, with a pause of random length between the steps of each."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterable, Iterator

_PAUSE_SECONDS = (0.02, 0.4)
_IDLE_SECONDS = 0.01


class Schedule:
    """Payments that wait, at most ``at_once`` of them under way. ``errors`` holds what an actor could not go on after."""

    def __init__(self, payments: Iterable[Iterator[None]], *, at_once: int) -> None:
        self._waiting = list(payments)
        self._playing: list[tuple[float, Iterator[None]]] = []
        self._under_way = 0
        self._at_once = at_once
        self._lock = threading.Lock()
        self.errors: list[Exception] = []

    def work(self, rng: random.Random) -> None:
        """Play steps until nothing is left."""
        while not self.errors:
            steps = self._next()
            if steps is not None:
                self._play(steps, rng)
            elif self._is_over():
                return
            else:
                time.sleep(_IDLE_SECONDS)

    def _next(self) -> Iterator[None] | None:
        now = time.monotonic()
        with self._lock:
            ready = next((place for place, (at, _) in enumerate(self._playing) if at <= now), None)
            if ready is not None:
                return self._playing.pop(ready)[1]
            if self._waiting and self._under_way < self._at_once:
                self._under_way += 1
                return self._waiting.pop()
        return None

    def _play(self, steps: Iterator[None], rng: random.Random) -> None:
        try:
            is_over = next(steps, steps) is steps
        except Exception as error:  # the rehearsal itself is broken: shown to whoever runs it
            self.errors.append(error)
            return
        with self._lock:
            if is_over:
                self._under_way -= 1
            else:
                self._playing.append((time.monotonic() + rng.uniform(*_PAUSE_SECONDS), steps))

    def _is_over(self) -> bool:
        with self._lock:
            return not self._waiting and not self._under_way
