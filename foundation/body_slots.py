"""Limit how many requests of each kind wait for their bodies at once, because a slow sender holds a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from foundation.errors import TryLater

# A body that arrives with its headers is read in microseconds, so slots that nobody returns are held by slow senders.
_WAIT_SECONDS = 0.02
# Several short waits and not one long: a machine that pauses, however long, spends one of them on everybody.
_IDLE_WAITS = 5
# Where slots are returned and others always take them, nobody waits for ever.
_MOST_WAITS = 50


class BodySlots:
    """The slots of a process by kind of request: ``size`` of each, which leaves the other threads free."""

    def __init__(self, size: int) -> None:
        self._size = max(1, size)
        self._slots: dict[str, _Slots] = {}

    @contextmanager
    def reading(self, name: str) -> Iterator[None]:
        """Hold a slot while a body is read.

        Raises:
            TryLater: all ``size`` slots are held, and none is returned for a tenth of a second.
        """
        slots = self._slots.get(name) or self._slots.setdefault(name, _Slots(self._size))
        if not slots.take():
            raise TryLater("Too many requests are being read at once. Try again in a moment.")
        try:
            yield
        finally:
            slots.give_back()


class _Slots:
    """The slots of one kind of request."""

    def __init__(self, size: int) -> None:
        self._free = BoundedSemaphore(size)
        self._returned = 0

    def take(self) -> bool:
        """Take a slot, and wait for one while slots are returned; return whether there was one."""
        idle = 0
        for _ in range(_MOST_WAITS):
            before = self._returned
            if self._free.acquire(timeout=_WAIT_SECONDS):
                return True
            idle = idle + 1 if self._returned == before else 0
            if idle == _IDLE_WAITS:
                break
        return False

    def give_back(self) -> None:
        """Return a slot."""
        # Without a lock: of two at once one may not be counted, and that it has changed is all that is asked.
        self._returned += 1
        self._free.release()
