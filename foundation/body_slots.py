"""Limit how many requests of each kind wait for their bodies at once, because a slow sender holds a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from foundation.errors import TryLater

# A body that arrives with its headers is read in microseconds, so slots that are all taken are taken by slow senders.
_WAIT_SECONDS = 0.1


class BodySlots:
    """The slots of a process by kind of request: ``size`` of each, which leaves the other threads free."""

    def __init__(self, size: int) -> None:
        self._size = max(1, size)
        self._slots: dict[str, BoundedSemaphore] = {}

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Hold a slot while a body is read.

        Raises:
            TryLater: ``size`` bodies are being read already.
        """
        slots = self._slots.get(name) or self._slots.setdefault(name, BoundedSemaphore(self._size))
        if not slots.acquire(timeout=_WAIT_SECONDS):
            raise TryLater("Too many requests are being read at once. Try again in a moment.")
        try:
            yield
        finally:
            slots.release()
