"""Probes of blocked orders: a few per cause are tried, and the rest freed once Salesforce accepts one of those (ADR 20).

A cause (``PushRefusal.cause``) groups rows that the same fix would let through. Every few minutes some rows of each cause
become due, all of a tenant's together, so that they share a call. A row that is accepted frees more of its cause, and
those free more again; a wave that meets only refusals ends. Where sentences name single records every row is a cause of
its own: once most of them are accepted, rows with the same code are freed too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text, update

from connector.domain.health.push_refusal import RefusedPart
from connector.store.schema.tables import outbox
from foundation.database.unit_of_work import UnitOfWork

# A fix in the org must reach all orders within five minutes: this, the wave, and a slow org fit into that.
EVERY = timedelta(minutes=3)
# No row is tried twice in one wave, nor shortly after it was refused.
RESTS_FOR = EVERY / 2
# How many rows of a cause are tried at once: each may be the one whose record was fixed. A failing flow or trigger may
# send an e-mail per row; and where a whole call or collection fails, only a row tried alone shows whether it is at fault.
_ROOM, _LOUD_ROOM, _SHARED_ROOM = 100, 10, 1
_LOUD = frozenset(
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR", "FLOW_EXCEPTION"}
)
# As many as one call takes in a collection.
_MOST = 200
_SHARED = (RefusedPart.CALL.value, RefusedPart.COLLECTION.value)
# How many rows of the same cause an accepted row frees, and the least, which fills one call.
_FREED_BY_EACH, _FREED_AT_LEAST = 10, 400
# Written as the partial index has it.
_BLOCKED = text("outbox.blocked_by IS NOT NULL")
_RESTING = and_(_BLOCKED, outbox.c.due_at.is_(None), outbox.c.lease_until.is_(None))
_LONGEST_AGO = (outbox.c.tried_at.asc().nulls_first(), outbox.c.order_id)


def tenants_with_blocked(work: UnitOfWork) -> list[str]:
    """Return the tenants with blocked orders."""
    query = select(outbox.c.tenant_id).where(_BLOCKED).distinct().order_by(outbox.c.tenant_id)
    return [row.tenant_id for row in work.connection.execute(query)]


def next_probe(work: UnitOfWork, tenant_id: str) -> datetime | None:
    """Return when a tenant's blocked orders are probed next; None: at the next sweep."""
    query = select(func.max(outbox.c.probed_at)).where(_BLOCKED, outbox.c.tenant_id == tenant_id)
    last: datetime | None = work.connection.execute(query).scalar_one()
    return last + EVERY if last else None


def probe(work: UnitOfWork, tenant_id: str, *, now: datetime, final_only: bool = False) -> int:
    """Make some blocked orders of each cause due, unless the last probe was too recent; return how many."""
    due_at = next_probe(work, tenant_id)
    if due_at is not None and due_at > now:
        return 0
    mine = and_(outbox.c.tenant_id == tenant_id, *([outbox.c.final] if final_only else []))
    room = _MOST - _under_way(work, mine)
    place = func.row_number().over(partition_by=outbox.c.blocked_by, order_by=_LONGEST_AGO).label("place")
    every = select(outbox.c.order_id, outbox.c.blocked_by, outbox.c.reason, place)
    resting = every.where(mine, _RESTING, _rested(now)).subquery()
    some = select(resting).where(resting.c.place <= _ROOM).order_by(resting.c.blocked_by, resting.c.place)
    by_cause = groupby(work.connection.execute(some), attrgetter("blocked_by"))
    chosen = list(islice(_in_turns([_together(list(rows)) for _, rows in by_cause]), max(0, room)))
    return _make_due(work, tenant_id, outbox.c.order_id.in_(chosen), due_at=now, probed_at=now) if chosen else 0


@dataclass(frozen=True)
class ClearedBlock:
    """A cause, or all causes with one part and code, that let some orders through (``taken``: how many)."""

    part: str
    code: str | None
    cause: str | None
    taken: int

    @property
    def condition(self) -> ColumnElement[bool]:
        """Return the condition of the rows that it still blocks."""
        if self.cause is not None:
            return outbox.c.blocked_by == self.cause
        return and_(outbox.c.blocked_by.startswith(f"{self.part}."), outbox.c.reason == self.code)

    @property
    def most_freed(self) -> int:
        """Return how many more rows may be tried now."""
        # Rows that share a call or collection fail together, so their number grows from one.
        few = _FREED_BY_EACH * self.taken
        return few if self.part in _SHARED else max(_FREED_AT_LEAST, few)


def unblock(work: UnitOfWork, tenant_id: str, cleared: Sequence[ClearedBlock], *, now: datetime) -> int:
    """Make more orders due of causes that have just let some through; return how many.

    Rows that were refused in the same wave are left alone, since they have reasons of their own.
    """
    freed = 0
    for one in cleared:
        same_cause = (
            select(outbox.c.order_id)
            .where(outbox.c.tenant_id == tenant_id, one.condition, _RESTING, _rested(now))
            .order_by(*_LONGEST_AGO)
            .limit(one.most_freed)
        )
        freed += _make_due(work, tenant_id, outbox.c.order_id.in_(same_cause.scalar_subquery()), due_at=now)
    return freed


def push_blocked(
    work: UnitOfWork, tenant_id: str, *, now: datetime, order_ids: Sequence[str] | None = None
) -> list[str]:
    """Make orders due at once on request: those named, if they wait or are blocked, or all that are blocked."""
    unwritten = (outbox.c.state != "written") | outbox.c.blocked_by.is_not(None)
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.lease_until.is_(None), unwritten)
    mine = and_(mine, _BLOCKED if order_ids is None else outbox.c.order_id.in_(order_ids))
    rows = work.connection.execute(update(outbox).where(mine).values(due_at=now).returning(outbox.c.order_id))
    return sorted(row.order_id for row in rows)


def _rested(now: datetime) -> ColumnElement[bool]:
    return outbox.c.tried_at.is_(None) | (outbox.c.tried_at < now - RESTS_FOR)


def _under_way(work: UnitOfWork, mine: ColumnElement[bool]) -> int:
    """Return how many blocked rows are due already, so that they do not pile up while an org is away."""
    query = select(func.count()).select_from(outbox).where(mine, _BLOCKED, outbox.c.due_at.is_not(None))
    return int(work.connection.execute(query).scalar_one())


def _together(rows: Sequence[Any]) -> list[str]:
    """Return as many of one cause's orders as may be tried together."""
    first = rows[0]
    room = (
        _SHARED_ROOM
        if first.blocked_by.partition(".")[0] in _SHARED
        else _LOUD_ROOM
        if first.reason in _LOUD
        else _ROOM
    )
    return [row.order_id for row in rows[:room]]


def _in_turns(lists: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield the first of each list, then the second of each, so that a large cause does not displace the others."""
    for place in range(max(map(len, lists), default=0)):
        yield from (some[place] for some in lists if place < len(some))


def _make_due(work: UnitOfWork, tenant_id: str, these: ColumnElement[bool], **values: datetime) -> int:
    """Make resting rows due; return how many."""
    mine = and_(outbox.c.tenant_id == tenant_id, these, _RESTING)
    # Rows that a drain has locked are skipped: it is about to make them due itself, and neither waits for the other.
    free_now = select(outbox.c.order_id).where(mine).with_for_update(skip_locked=True).scalar_subquery()
    change = update(outbox).where(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(free_now)).values(**values)
    return work.connection.execute(change).rowcount
