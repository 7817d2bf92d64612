"""Knows the sandbox's own time, which a tester may move forward; refuses to know what is due."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from sandbox.core.errors import invalid_control
from sandbox.core.store import Store

FURTHEST_S = 366 * 24 * 3600


class SandboxClock:
    """Real time plus an offset that survives restarts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset_s = float(store.fact("clock_offset_s") or 0)

    @property
    def offset_s(self) -> float:
        return self._offset_s

    def now(self) -> float:
        return time.time() + self._offset_s

    def advance(self, by_s: object) -> None:
        """This function will move the clock forward by a number of seconds; time never runs back."""
        if isinstance(by_s, bool) or not isinstance(by_s, int | float) or not 0 <= by_s <= FURTHEST_S:
            raise invalid_control("advance_s", f"must be a number of seconds from 0 to {FURTHEST_S}")
        self._offset_s += by_s
        self._store.remember("clock_offset_s", self._offset_s)


def stamp(moment: float) -> str:
    """This function will write a time as callbacks do: 2026-11-21T10:43:10.000+0000."""
    when = datetime.fromtimestamp(moment, UTC)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}+0000"


def stamp_or_none(moment: float | None) -> str | None:
    return None if moment is None else stamp(moment)
