"""Rate limits per minute of the clock, shared by all processes of a fleet.

The allowance is in the database. A process takes several calls at a time from it, so that most calls need no query; what
it has taken and not used is lost when the minute ends.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import case

from connector.store.schema.health_tables import call_rates
from foundation.database.unit_of_work import Transactions
from foundation.database.upsert import insert_into

_WINDOW = timedelta(minutes=1)


class Take(Protocol):
    """A function that takes ``wanted`` calls from a minute's allowance of ``most``, and returns how many were left."""

    def __call__(self, name: str, /, *, wanted: int, most: int, minute: datetime) -> int:
        """Take calls; return how many of ``wanted`` there were."""


class CallRate:
    """Counts calls by name within the present minute."""

    def __init__(self, take: Take, *, at_once: int) -> None:
        self._take = take
        self._at_once = at_once
        self._lock = threading.Lock()
        self._minute: datetime | None = None
        self._left: dict[str, int] = {}
        self._spent: set[str] = set()

    def seconds_to_wait(self, name: str, *, most: int, now: datetime, units: int = 1) -> int | None:
        """Count a call of ``units``; return None where it is allowed, else the seconds until there is room."""
        minute = now.replace(second=0, microsecond=0)
        with self._lock:
            if self._minute != minute:
                self._minute, self._left, self._spent = minute, {}, set()
            left = self._left.get(name, 0)
            self._left[name] = max(0, left - units)
            spent = name in self._spent
        if left >= units:
            return None
        missing = units - left
        # Outside the lock, since this may query the database; a name without room is not asked for again in this minute.
        taken = 0 if spent else self._take(name, wanted=max(self._at_once, missing), most=most, minute=minute)
        with self._lock:
            if taken >= missing:
                self._left[name] = self._left.get(name, 0) + taken - missing
                return None
            self._spent.add(name)
        return max(1, round((minute + _WINDOW - now).total_seconds()))


class CallRateStore:
    """Stores how many calls of a minute's allowance the fleet has taken."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def take(self, name: str, /, *, wanted: int, most: int, minute: datetime) -> int:
        """Take calls; a process whose clock is behind takes from the minute that the others are in."""
        with self._transactions.write() as work:
            put = insert_into(work.connection.dialect.name, call_rates).values(name=name, minute=minute, taken=wanted)
            begun = call_rates.c.minute >= minute
            change = {
                "minute": case((begun, call_rates.c.minute), else_=minute),
                "taken": case((begun, call_rates.c.taken), else_=0) + wanted,
            }
            counted = put.on_conflict_do_update(index_elements=[call_rates.c.name], set_=change)
            taken: int = work.connection.execute(counted.returning(call_rates.c.taken)).scalar_one()
        return max(0, min(wanted, most - (taken - wanted)))
