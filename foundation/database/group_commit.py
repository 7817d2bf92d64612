"""Group commit: concurrent callers share one transaction.

Leader and followers, without a timer: a caller that finds no leader becomes it. The leader takes the writer's lock, then
everything that is queued by then, commits it as one transaction, settles every waiter, and passes the lead to a caller that
came meanwhile. A single caller leads at once and pays nothing; under load the groups grow by themselves.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from foundation.database.outage import reason_of
from foundation.errors import TryLater

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")
_FULL = "There is too much to store just now. Send it again."
_FAILED = "This could not be stored. Send it again."


class _Waiter(Generic[Item, Outcome]):
    """One caller: its item, and a lock that is released when it is settled or must lead."""

    __slots__ = ("error", "item", "outcome", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome | None = None
        self.error: TryLater | None = None
        self.turn = threading.Lock()
        self.turn.acquire()

    @property
    def settled(self) -> bool:
        return self.outcome is not None or self.error is not None


class GroupCommit(Generic[Item, Outcome]):
    """Stores items of many callers in as few transactions as their arrival allows.

    ``write`` opens a transaction that commits when its block ends; ``store`` gets the open connection and the items,
    and returns one outcome for each, never None.
    """

    def __init__(
        self,
        *,
        write: Callable[[], AbstractContextManager[Connection]],
        store: Callable[[Connection, Sequence[Item]], Sequence[Outcome]],
        room: int = 2048,
        most: int = 256,
    ) -> None:
        self._write = write
        self._store = store
        self._room = room
        self._most = most
        self._queue: deque[_Waiter[Item, Outcome]] = deque()
        self._lock = threading.Lock()
        self._led = False

    @property
    def waiting(self) -> int:
        """The number of callers that wait for the next transaction."""
        return len(self._queue)

    def put(self, item: Item) -> Outcome:
        """Store one item and return its outcome once its transaction is committed.

        Raises:
            TryLater: the queue is full, or the database did not take this item.
        """
        waiter: _Waiter[Item, Outcome] = _Waiter(item)
        if not self._join(waiter):
            waiter.turn.acquire()
        if not waiter.settled:
            self._lead()
        if waiter.outcome is None:
            raise waiter.error or TryLater(_FAILED)
        return waiter.outcome

    def _join(self, waiter: _Waiter[Item, Outcome]) -> bool:
        """Queue a caller; return whether it leads."""
        with self._lock:
            if len(self._queue) >= self._room:
                raise TryLater(_FULL)
            self._queue.append(waiter)
            leads, self._led = not self._led, True
            return leads

    def _lead(self) -> None:
        """Commit one batch, then let the next caller lead. The leader itself is the first of its batch."""
        batch: list[_Waiter[Item, Outcome]] = []
        try:
            self._commit(batch)
        except SQLAlchemyError as error:
            self._one_by_one(batch, error)
        finally:
            # Whatever happened, no caller may wait for ever: where the transaction never opened, the batch is taken now.
            for waiter in batch or self._take():
                if not waiter.settled:
                    waiter.error = TryLater(_FAILED)
                waiter.turn.release()
            self._hand_over()

    def _commit(self, batch: list[_Waiter[Item, Outcome]]) -> None:
        """Store a batch in one transaction, and set its outcomes."""
        # Taken once the transaction is open, so that callers who came while we waited for it still join.
        with self._write() as connection:
            batch += self._take()
            outcomes = self._store(connection, [waiter.item for waiter in batch])
        for waiter, outcome in zip(batch, outcomes, strict=True):
            waiter.outcome = outcome

    def _one_by_one(self, batch: Sequence[_Waiter[Item, Outcome]], error: SQLAlchemyError) -> None:
        """Store the items of a failed batch one by one, so that one that the database refuses fails alone."""
        for waiter in batch:
            waiter.error = self._failed(error)
        for waiter in batch if len(batch) > 1 else ():
            try:
                with self._write() as connection:
                    outcome = self._store(connection, [waiter.item])[0]
            except OperationalError:
                return  # the database itself: the others would only wait for the same answer
            except SQLAlchemyError as own:
                waiter.error = self._failed(own)
            else:
                waiter.outcome = outcome

    def _failed(self, error: SQLAlchemyError) -> TryLater:
        failed = TryLater(_FAILED, facts={"error": type(error).__name__, "reason": reason_of(error)})
        failed.__cause__ = error
        return failed

    def _take(self) -> list[_Waiter[Item, Outcome]]:
        with self._lock:
            return [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]

    def _hand_over(self) -> None:
        with self._lock:
            following = self._queue[0] if self._queue else None
            self._led = following is not None
        if following:
            following.turn.release()
