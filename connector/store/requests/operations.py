"""Calls of operations (cancel, replace, capture, reverse) on requests: by whom, under which key, with what outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, TextClause, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from connector.domain.payments.operation import IdempotencyKey, Operation, OperationCall
from connector.domain.payments.payment import Person
from connector.store.schema.tables import verb_calls
from foundation.database.unit_of_work import UnitOfWork

# Written as the partial index has it: SQLite does not recognise ``open = 1`` as the same.
_OPEN = text("verb_calls.open")


class CallConflict(Exception):
    """The request has an open call already, or the idempotency key is taken, by a unique index."""


def add(work: UnitOfWork, call: OperationCall) -> None:
    """Insert a new call.

    Raises:
        CallConflict: the request has one, or the key is taken.
    """
    try:
        with work.connection.begin_nested():
            work.connection.execute(insert(verb_calls).values(_values(call)))
    except IntegrityError as error:
        raise CallConflict from error


def save(work: UnitOfWork, call: OperationCall) -> None:
    """Write the outcome of a stored call, or that it is tried again.

    Raises:
        CallConflict: it became open beside an open one.
    """
    try:
        with work.connection.begin_nested():
            work.connection.execute(
                update(verb_calls).where(verb_calls.c.call_id == call.call_id).values(_values(call))
            )
    except IntegrityError as error:
        raise CallConflict from error


def by_key(work: UnitOfWork, tenant_id: str, key: str) -> OperationCall | None:
    """Return the call that an idempotency key was first used for."""
    return _first(work, (verb_calls.c.tenant_id == tenant_id) & (verb_calls.c.idempotency_key == key))


def open_call(work: UnitOfWork, tenant_id: str, reference: str) -> OperationCall | None:
    """Return the open call of a request."""
    v = verb_calls.c
    return _first(work, _OPEN, v.tenant_id == tenant_id, v.reference == reference)


def has_ended_as(work: UnitOfWork, tenant_id: str, reference: str, outcome: str) -> bool:
    """Return whether any call on a request ended with this outcome."""
    v = verb_calls.c
    return _first(work, v.tenant_id == tenant_id, v.reference == reference, v.outcome == outcome) is not None


def calls_of(work: UnitOfWork, tenant_id: str, references: Sequence[str], verb: Operation) -> list[OperationCall]:
    """Return every call of one operation on some requests."""
    v = verb_calls.c
    query = select(verb_calls).where(v.tenant_id == tenant_id, v.reference.in_(references), v.verb == verb.value)
    return [_call(row) for row in work.connection.execute(query)]


def overdue_calls(work: UnitOfWork, *, now: datetime, most: int) -> list[OperationCall]:
    """Return open calls of all tenants whose caller no longer waits, those due longest first."""
    query = select(verb_calls).where(_OPEN, verb_calls.c.call_until < now).order_by(verb_calls.c.call_until).limit(most)
    return [_call(row) for row in work.connection.execute(query)]


def _first(work: UnitOfWork, *conditions: ColumnElement[bool] | TextClause) -> OperationCall | None:
    row = work.connection.execute(select(verb_calls).where(*conditions).limit(1)).first()
    return _call(row) if row else None


def _values(call: OperationCall) -> dict[str, Any]:
    return {
        "call_id": call.call_id,
        "tenant_id": call.tenant_id,
        "reference": call.reference,
        "verb": call.verb.value,
        "amount": call.amount,
        "person_id": call.by.user_id,
        "person_name": call.by.name,
        "idempotency_key": call.keyed.key if call.keyed else None,
        "body_digest": call.keyed.digest if call.keyed else None,
        "open": call.open,
        "outcome": call.outcome,
        "begun_at": call.begun_at,
        "call_until": call.call_until,
    }


def _call(row: Row[Any]) -> OperationCall:
    return OperationCall(
        call_id=row.call_id,
        tenant_id=row.tenant_id,
        reference=row.reference,
        verb=Operation(row.verb),
        by=Person(row.person_id, row.person_name),
        begun_at=row.begun_at,
        call_until=row.call_until,
        open=row.open,
        amount=row.amount,
        keyed=IdempotencyKey(row.idempotency_key, bytes(row.body_digest)) if row.idempotency_key else None,
        outcome=row.outcome,
    )


def ask_again_at(work: UnitOfWork, call: OperationCall, moment: datetime) -> None:
    """Set when the core is asked about an open call next."""
    mine = (verb_calls.c.call_id == call.call_id) & verb_calls.c.open
    work.connection.execute(update(verb_calls).where(mine).values(call_until=moment))


def end_waiting(work: UnitOfWork, *, now: datetime) -> None:
    """Let every open call be settled; at the start of a single process no sender waits for an answer any more."""
    work.connection.execute(update(verb_calls).where(_OPEN, verb_calls.c.call_until > now).values(call_until=now))


def forget(work: UnitOfWork, *, begun_before: datetime, most: int) -> int:
    """Delete ended calls that began before a time, with their keys; return how many. Open calls stay."""
    v = verb_calls.c
    # An open call stays for ever: its key is all that keeps the same money from being moved twice.
    old = select(v.call_id).where(~v.open, v.begun_at < begun_before).limit(most)
    return work.connection.execute(delete(verb_calls).where(v.call_id.in_(old.scalar_subquery()))).rowcount
