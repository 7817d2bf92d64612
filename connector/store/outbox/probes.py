"""Which blocked orders are tried again: a few on behalf of all, the rest once one of those was accepted.

A cause is what rows have in common that one mend cures (``Refusal.cause``). Every few minutes some rows of each cause become
due, all of a tenant's together, so that they share a call. Whoever is taken frees more of its likes, and those free more
again; a wave that meets nothing but refusals ends. No row is tried twice in one wave. Sentences that name each record make
a cause of each: where most are taken again, those with the same code count as likes too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select, text, update

from connector.domain.health.refusal import Part
from connector.store.schema.tables import outbox
from connector.store.unit_of_work import UnitOfWork

# What is mended in the org is written within five minutes: this, the wave, and a slow org must fit in.
EVERY = timedelta(minutes=3)
# Nothing is tried twice in one wave, nor a moment after it was refused.
RESTS_FOR = EVERY / 2
# So many of one cause are tried: each may be the one whose own record was mended. A flow or trigger that fails may send an
# e-mail for each, and where a whole call or collection fails nobody knows whose fault it is: one alone finds out.
_ROOM, _LOUD_ROOM, _SHARED_ROOM = 100, 10, 1
_LOUD = frozenset(
    {"CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "CANNOT_EXECUTE_FLOW_TRIGGER", "APEX_ERROR", "FLOW_EXCEPTION"}
)
_MOST = 200
_SHARED = (Part.CALL.value, Part.COLLECTION.value)
# Whoever is taken frees so many of its likes, and at least what one call carries.
_FREED_BY_EACH, _FREED_AT_LEAST = 10, 400
# In the words of the partial index.
_BLOCKED = text("outbox.blocked_by IS NOT NULL")
_RESTING = and_(_BLOCKED, outbox.c.due_at.is_(None), outbox.c.lease_until.is_(None))
_LONGEST_AGO = (outbox.c.tried_at.asc().nulls_first(), outbox.c.order_id)


def tenants_with_blocked(work: UnitOfWork) -> list[str]:
    """Return the tenants with orders that Salesforce does not take."""
    query = select(outbox.c.tenant_id).where(_BLOCKED).distinct().order_by(outbox.c.tenant_id)
    return [row.tenant_id for row in work.connection.execute(query)]


def next_probe(work: UnitOfWork, tenant_id: str) -> datetime | None:
    """Return when a tenant's blocked orders are probed next; None: with the next sweep."""
    query = select(func.max(outbox.c.probed_at)).where(_BLOCKED, outbox.c.tenant_id == tenant_id)
    last: datetime | None = work.connection.execute(query).scalar_one()
    return last + EVERY if last else None


def probe(work: UnitOfWork, tenant_id: str, *, now: datetime, final_only: bool = False) -> int:
    """Make some blocked orders of each cause due, if that is due itself; return how many."""
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
    chosen = list(islice(_in_turns([_at_once(list(rows)) for _, rows in by_cause]), max(0, room)))
    return _make_due(work, tenant_id, outbox.c.order_id.in_(chosen), due_at=now, probed_at=now) if chosen else 0


@dataclass(frozen=True)
class ClearedBlock:
    """What let some orders through that it had blocked: how many (``taken``), one cause or any with this part and code."""

    part: str
    code: str | None
    cause: str | None
    taken: int

    @property
    def likes(self) -> ColumnElement[bool]:
        """Return the condition of the rows that it blocks still."""
        if self.cause is not None:
            return outbox.c.blocked_by == self.cause
        return and_(outbox.c.blocked_by.startswith(f"{self.part}."), outbox.c.reason == self.code)

    @property
    def frees(self) -> int:
        """Return how many more may be tried. Where the fate is shared, they stake it too: their number grows from one."""
        few = _FREED_BY_EACH * self.taken
        return few if self.part in _SHARED else max(_FREED_AT_LEAST, few)


def unblock(work: UnitOfWork, tenant_id: str, mended: Sequence[ClearedBlock], *, now: datetime) -> int:
    """Make more orders due whose cause has just let some through; return how many were freed.

    What was tried in the same wave is left alone: it was refused for a reason of its own.
    """
    freed = 0
    for one in mended:
        likes = (
            select(outbox.c.order_id)
            .where(outbox.c.tenant_id == tenant_id, one.likes, _RESTING, _rested(now))
            .order_by(*_LONGEST_AGO)
            .limit(one.frees)
        )
        freed += _make_due(work, tenant_id, outbox.c.order_id.in_(likes.scalar_subquery()), due_at=now)
    return freed


def push_blocked(
    work: UnitOfWork, tenant_id: str, *, now: datetime, order_ids: Sequence[str] | None = None
) -> list[str]:
    """Make orders due at once that wait or are blocked, because somebody asked for it: those named, or all that are blocked."""
    unwritten = (outbox.c.state != "written") | outbox.c.blocked_by.is_not(None)
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.lease_until.is_(None), unwritten)
    mine = and_(mine, _BLOCKED if order_ids is None else outbox.c.order_id.in_(order_ids))
    rows = work.connection.execute(update(outbox).where(mine).values(due_at=now).returning(outbox.c.order_id))
    return sorted(row.order_id for row in rows)


def _rested(now: datetime) -> ColumnElement[bool]:
    return outbox.c.tried_at.is_(None) | (outbox.c.tried_at < now - RESTS_FOR)


def _under_way(work: UnitOfWork, mine: ColumnElement[bool]) -> int:
    """Count what is due already: while an org is away no more and more of them shall call it in vain."""
    query = select(func.count()).select_from(outbox).where(mine, _BLOCKED, outbox.c.due_at.is_not(None))
    return int(work.connection.execute(query).scalar_one())


def _at_once(rows: Sequence[Any]) -> list[str]:
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
    """Yield the first of each list, then the second of each: no cause is left out for a large one's sake."""
    for place in range(max(map(len, lists), default=0)):
        yield from (some[place] for some in lists if place < len(some))


def _make_due(work: UnitOfWork, tenant_id: str, these: ColumnElement[bool], **values: datetime) -> int:
    """What a drain holds at this moment is left out: it is about to become due anyway, and nobody waits for anybody."""
    mine = and_(outbox.c.tenant_id == tenant_id, these, _RESTING)
    free_now = select(outbox.c.order_id).where(mine).with_for_update(skip_locked=True).scalar_subquery()
    change = update(outbox).where(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(free_now)).values(**values)
    return work.connection.execute(change).rowcount
