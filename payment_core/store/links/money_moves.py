"""Captures and reversals: written before the gateway is called, so that a lost answer is asked for with the same key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import money_moves


class MoveKind(StrEnum):
    """What is done to money that is held or taken."""

    CAPTURE = "capture"
    GIVE_BACK = "give_back"


class MoveState(StrEnum):
    """The life of a move."""

    PREPARED = "prepared"
    DONE = "done"
    REFUSED = "refused"


class AnotherMove(Exception):
    """The link's money is being moved already, by a unique index."""


@dataclass(frozen=True)
class MoneyMove:
    """One capture or reversal. ``amount`` is None for all of it."""

    move_id: str
    link_reference: str
    attempt_id: str
    kind: MoveKind
    key: str
    amount: Decimal | None
    state: MoveState
    created_at: datetime
    reason: str | None = None


def add(work: UnitOfWork, move: MoneyMove, *, look_at: datetime) -> None:
    """Insert a move.

    Raises:
        AnotherMove: one of the same link has no outcome yet.
    """
    values = {
        "move_id": move.move_id,
        "reference": move.link_reference,
        "attempt_id": move.attempt_id,
        "kind": move.kind.value,
        "key": move.key,
        "amount": move.amount,
        "state": move.state.value,
        "created_at": move.created_at,
        "look_at": look_at,
    }
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            work.connection.execute(insert(money_moves).values(values))
    except IntegrityError as error:
        raise AnotherMove from error


def has_key(work: UnitOfWork, key: str) -> bool:
    """Return whether a move of this key was written, whatever became of it."""
    return work.connection.execute(select(money_moves.c.move_id).where(money_moves.c.key == key)).first() is not None


def end(work: UnitOfWork, move: MoneyMove, state: MoveState, *, now: datetime, reason: str | None = None) -> None:
    """Write a move's outcome; one that has an outcome keeps it."""
    # Two processes may ask with the same key at once; the first outcome counts.
    mine = (money_moves.c.move_id == move.move_id) & (money_moves.c.state == MoveState.PREPARED.value)
    values = {"state": state.value, "reason": reason, "ended_at": now, "look_at": None, "lease": None}
    work.connection.execute(update(money_moves).where(mine).values(values))


def claim_due(work: UnitOfWork, *, now: datetime, until: datetime, lease: str, most: int) -> list[MoneyMove]:
    """Lease moves that are due to be asked for again: one with an outcome never is."""
    due = money_moves.c.look_at <= now
    free = (money_moves.c.lease_until.is_(None)) | (money_moves.c.lease_until <= now)
    query = select(money_moves).where(due, free).order_by(money_moves.c.look_at).limit(most)
    rows = work.connection.execute(query.with_for_update(skip_locked=True)).all()
    if rows:
        mine = money_moves.c.move_id.in_([row.move_id for row in rows])
        work.connection.execute(update(money_moves).where(mine).values(lease=lease, lease_until=until))
    return [move_of(row) for row in rows]


def ask_again(work: UnitOfWork, move: MoneyMove, *, at: datetime) -> None:
    """Write when a move without an outcome is asked for again, and end its lease."""
    # Another process, which asked with the same key, may have written the outcome meanwhile: that is the end of it.
    mine = (money_moves.c.move_id == move.move_id) & (money_moves.c.state == MoveState.PREPARED.value)
    work.connection.execute(update(money_moves).where(mine).values(look_at=at, lease=None, lease_until=None))


def move_of(row: Row[Any]) -> MoneyMove:
    """Return the move of a row."""
    return MoneyMove(
        move_id=row.move_id,
        link_reference=row.reference,
        attempt_id=row.attempt_id,
        kind=MoveKind(row.kind),
        key=row.key,
        amount=row.amount,
        state=MoveState(row.state),
        created_at=row.created_at,
        reason=row.reason,
    )
