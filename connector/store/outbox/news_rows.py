"""The rows of bells and events: added when a push is concluded, claimed for a call, and finished with its outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from connector.domain.payments.news import Booking, Medium, News
from connector.store.schema.tables import payment_news
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

BELLS = (Medium.AGENT, Medium.SUPERVISORS)
# What becomes due within this time goes along in the call of what is due now.
GATHERED = timedelta(seconds=3)
_IS_DUE = payment_news.c.due_at.is_not(None)


class NewsState(StrEnum):
    """What became of a bell or an event. ``unanswered``: a bell that may have rung and is not rung again."""

    DUE = "due"
    CALLING = "calling"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    OUTDATED = "outdated"
    NOBODY = "nobody"


@dataclass(frozen=True)
class NewsEntry:
    """A claimed row, with the id of the payment request's record where Salesforce said it."""

    news: News
    record_id: str | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True)
class NewsOutcome:
    """The outcome of a claimed row; with ``due_at`` it is tried again."""

    entry: NewsEntry
    state: NewsState
    reason: str | None = None
    due_at: datetime | None = None


def add(work: UnitOfWork, tenant_id: str, news: Sequence[News], record_ids: Mapping[str, str], *, now: datetime) -> int:
    """Make news due, except for facts that were news before; return how many rows are new."""
    known = _facts_of(work, tenant_id, {one.reference for one in news}) if news else set()
    fresh = {(one.medium, one.key): one for one in news if (one.medium, one.reference, one.kind, one.fact) not in known}
    rows = [
        {
            "tenant_id": tenant_id,
            "medium": one.medium.value,
            "news_key": one.key,
            "order_id": one.order_id,
            "reference": one.reference,
            "version": one.version,
            "kind": str(one.kind),
            "fact": one.fact,
            "record_id": record_ids.get(one.reference),
            "recipient": one.recipient,
            "state": NewsState.DUE.value,
            "attempts": 0,
            "due_at": max(one.not_before or now, now),
            "created_at": now,
        }
        for one in fresh.values()
    ]
    if rows:
        work.connection.execute(_adding(work.connection.dialect.name), rows)
    return len(rows)


@cache
def _adding(dialect: str) -> Any:
    # Two conclusions of one order may hold the same news: the first row stays, with what became of it.
    return insert_into(dialect, payment_news).on_conflict_do_nothing()


def _facts_of(work: UnitOfWork, tenant_id: str, references: Iterable[str]) -> set[tuple[str, str, str, str]]:
    of = payment_news.c
    mine = and_(of.tenant_id == tenant_id, of.reference.in_(sorted(references)))
    rows = work.connection.execute(select(of.medium, of.reference, of.kind, of.fact).where(mine))
    return {(row.medium, row.reference, row.kind, row.fact) for row in rows}


def due_tenants(work: UnitOfWork, *, now: datetime) -> list[str]:
    """Return the tenants with rows that are due."""
    query = select(payment_news.c.tenant_id).where(payment_news.c.due_at <= now).distinct()
    return sorted(row.tenant_id for row in work.connection.execute(query))


def claim(
    work: UnitOfWork, tenant_id: str, media: Sequence[Medium], *, now: datetime, lease: Lease, most: int
) -> list[NewsEntry]:
    """Claim the due rows of some media under ``lease``, the oldest first; none while nothing is due by now."""
    of = payment_news.c
    mine = and_(of.tenant_id == tenant_id, of.medium.in_(media), _IS_DUE)
    first = work.connection.execute(select(func.min(of.due_at)).where(mine)).scalar_one()
    if first is None or first > now:
        return []
    # What ended without an answer is done again by its key. A bell may have rung: it is not rung twice.
    lost = and_(mine, of.medium.in_(BELLS), of.state == NewsState.CALLING, of.due_at <= now)
    ended = {"state": NewsState.UNANSWERED.value, "due_at": None, "lease": None, "finished_at": now}
    work.connection.execute(update(payment_news).where(lost).values(ended))
    free = and_(mine, or_(and_(of.state == NewsState.DUE, of.due_at <= now + GATHERED), of.due_at <= now))
    some = select(of.news_key).where(free).order_by(of.due_at).limit(most).with_for_update(skip_locked=True)
    chosen = some.cte("chosen")
    change = {
        "state": NewsState.CALLING.value,
        "lease": lease.lease_id,
        "due_at": lease.until,
        "attempts": of.attempts + 1,
    }
    mine = and_(of.tenant_id == tenant_id, of.medium.in_(media), of.news_key.in_(select(chosen.c.news_key)))
    rows = work.connection.execute(update(payment_news).where(mine).values(change).returning(payment_news))
    # An UPDATE returns its rows in any order, and subscribers to events take a later one for the newer news of an order.
    return sorted(map(_entry, rows), key=lambda one: (one.created_at, one.news.version))


def _entry(row: Any) -> NewsEntry:
    news = News(
        Medium(row.medium), row.kind, row.reference, row.order_id, row.version, row.fact, recipient=row.recipient
    )
    return NewsEntry(news, row.record_id, row.attempts, row.created_at)


_CONCLUDE = (
    update(payment_news)
    .where(
        payment_news.c.tenant_id == bindparam("of_tenant"),
        payment_news.c.medium == bindparam("of_medium"),
        payment_news.c.news_key == bindparam("of_key"),
        payment_news.c.lease == bindparam("of_lease"),
    )
    .values(
        state=bindparam("to_state"),
        reason=bindparam("to_reason", type_=payment_news.c.reason.type),
        due_at=bindparam("to_due_at", type_=payment_news.c.due_at.type),
        finished_at=bindparam("to_finished_at", type_=payment_news.c.finished_at.type),
        lease=None,
    )
)


def conclude(work: UnitOfWork, tenant_id: str, lease: Lease, outcomes: Sequence[NewsOutcome], *, now: datetime) -> None:
    """Store the outcomes of claimed rows; a row whose lease was lost is left alone."""
    rows = [
        {
            "of_tenant": tenant_id,
            "of_medium": one.entry.news.medium.value,
            "of_key": one.entry.news.key,
            "of_lease": lease.lease_id,
            "to_state": one.state.value,
            "to_reason": one.reason,
            "to_due_at": one.due_at,
            "to_finished_at": None if one.due_at else now,
        }
        for one in outcomes
    ]
    if rows:
        work.connection.execute(_CONCLUDE, rows)


def postpone_events(work: UnitOfWork, tenant_id: str, *, until: datetime) -> None:
    """Let all due events of a tenant wait: its org takes no more of them now."""
    of = payment_news.c
    mine = and_(of.tenant_id == tenant_id, of.medium == Medium.EVENT, of.state == NewsState.DUE, of.due_at < until)
    work.connection.execute(update(payment_news).where(mine).values(due_at=until))


def captures_of(work: UnitOfWork, tenant_id: str, references: Iterable[str]) -> dict[str, list[Decimal]]:
    """Return how much was taken, in all, at each capture that was made due as a payment, by reference."""
    of = payment_news.c
    mine = and_(of.tenant_id == tenant_id, of.reference.in_(sorted(references)))
    captures = and_(mine, of.medium == Medium.PAYMENT, of.kind == Booking.CAPTURED)
    found: dict[str, list[Decimal]] = {}
    for row in work.connection.execute(select(of.reference, of.fact).where(captures)):
        found.setdefault(row.reference, []).append(Decimal(row.fact))
    return found


def bells_taken_for_supervisors(
    work: UnitOfWork, tenant_id: str, order_ids: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Return the keys of the supervisors' bells that Salesforce took, by order: what it did with them is not known."""
    of = payment_news.c
    mine = and_(of.tenant_id == tenant_id, of.order_id.in_(order_ids))
    rang = and_(mine, of.medium == Medium.SUPERVISORS, of.state == NewsState.DELIVERED)
    rows = work.connection.execute(select(of.order_id, of.news_key).where(rang)).all()
    return {order: frozenset(row.news_key for row in rows if row.order_id == order) for order in order_ids}


def states_of(work: UnitOfWork, tenant_id: str, *, since: datetime) -> dict[tuple[str, str, str | None], int]:
    """Return how many rows that are unfinished, or finished since then, there are of each medium, state and reason."""
    of = payment_news.c
    mine = and_(of.tenant_id == tenant_id, or_(_IS_DUE, of.finished_at >= since))
    grouped = select(of.medium, of.state, of.reason, func.count().label("number")).where(mine)
    rows = work.connection.execute(grouped.group_by(of.medium, of.state, of.reason))
    return {(row.medium, row.state, row.reason): row.number for row in rows}


def forget(work: UnitOfWork, *, finished_before: datetime) -> int:
    """Delete agents' bells that finished before; return how many.

    The others stay as long as their requests: an erasure must not publish an old payment under a new key, the page goes on
    saying that the supervisors know, and a later payment of Order Management holds what the earlier ones do not. No
    agent gets a bell of old news.
    """
    of = payment_news.c
    old = and_(of.medium == Medium.AGENT, of.finished_at < finished_before)
    return work.connection.execute(delete(payment_news).where(old)).rowcount
