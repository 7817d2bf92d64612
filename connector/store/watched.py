"""Knows which payment requests have gone quiet and who was asked about them; refuses to know what the core answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text, update

from connector.domain.payment import Reason
from connector.domain.status import Link, Money
from connector.store.tables import payment_requests

# In the words of the partial indexes: SQLite does not see that ``live = 1`` means them.
_LIVE = text("payment_requests.live")
_NOT_LIVE = text("NOT payment_requests.live")
# Rows (younger than, asked about again when nothing was proven for). Money that is held or in review is bound to move,
# and what we ended without proof may be paid after all: a lost word of either is found within minutes for a day.
_BOUND_TO_MOVE = ((timedelta(days=1), timedelta(minutes=4)), (timedelta(days=7), timedelta(hours=1)))
# Money that was taken may be given back without a word to us: likely at once, hardly after days.
_MAY_MOVE = (
    (timedelta(hours=1), timedelta(minutes=4)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
)
_LONGEST = _MAY_MOVE[-1][0]


def sending_past(connection: Connection, *, now: datetime) -> list[tuple[str, str, str]]:
    """Return (tenant, order, reference) of requests whose sending lease is over."""
    p = payment_requests.c
    condition = and_(_LIVE, p.link == Link.SENDING.value, p.sending_until < now)
    query = select(p.tenant_id, p.order_id, p.reference).where(condition)
    return [(row.tenant_id, row.order_id, row.reference) for row in connection.execute(query)]


def end_sending_leases(connection: Connection, *, now: datetime) -> None:
    """At start no other process is sending: every lease is over."""
    condition = and_(_LIVE, payment_requests.c.link == Link.SENDING.value)
    connection.execute(update(payment_requests).where(condition).values(sending_until=now))


def watched(connection: Connection, *, now: datetime, most: int) -> list[tuple[str, str]]:
    """Return (tenant, reference) of requests that went quiet, longest unasked first; at least a quarter for ended ones.

    Unknown ones are asked about every ten seconds, other live ones when nothing was proven for a minute. Ended ones,
    newest first, are asked about once after the last word, and again for a week while their money may still move.
    """
    ended = _ended(connection, now=now, most=most)
    room = most - min(len(ended), most // 4)
    live = _live(connection, now=now, most=room)
    return live + ended[: most - len(live)]


def _live(connection: Connection, *, now: datetime, most: int) -> list[tuple[str, str]]:
    p, minute = payment_requests.c, now - timedelta(seconds=60)
    unknown = (p.link == Link.UNKNOWN.value) & (p.asked_at.is_(None) | (p.asked_at < now - timedelta(seconds=10)))
    links = [Link.SENT.value, Link.OPENED.value, Link.EXPIRED.value, Link.CANCELLED.value]
    others = p.link.in_(links) & _quiet_since(minute)
    query = select(p.tenant_id, p.reference).where(_LIVE, unknown | others)
    rows = connection.execute(query.order_by(p.asked_at.nulls_first()).limit(most))
    return [(row.tenant_id, row.reference) for row in rows]


def _ended(connection: Connection, *, now: datetime, most: int) -> list[tuple[str, str]]:
    p, minute = payment_requests.c, now - timedelta(seconds=60)
    once = (p.proven_at < minute) & (p.asked_at.is_(None) | (p.asked_at < p.proven_at))
    bound = p.money.in_([Money.IN_REVIEW.value, Money.AUTHORIZED.value]) | (p.reason == Reason.UNCONFIRMED.value)
    paid = p.money == Money.PAID.value
    due = once | (bound & _quiet_for_its_age(_BOUND_TO_MOVE, now)) | (paid & _quiet_for_its_age(_MAY_MOVE, now))
    query = select(p.tenant_id, p.reference).where(_NOT_LIVE, p.created_at > now - _LONGEST, due)
    rows = connection.execute(query.order_by(p.created_at.desc()).limit(most))
    return [(row.tenant_id, row.reference) for row in rows]


def _quiet_for_its_age(ages: tuple[tuple[timedelta, timedelta], ...], now: datetime) -> ColumnElement[bool]:
    return or_(*((payment_requests.c.created_at > now - age) & _quiet_since(now - pause) for age, pause in ages))


def _quiet_since(moment: datetime) -> ColumnElement[bool]:
    """Nothing was proven since then, and nobody was asked."""
    p = payment_requests.c
    return (p.proven_at.is_(None) | (p.proven_at < moment)) & (p.asked_at.is_(None) | (p.asked_at < moment))


def orders_with_live(connection: Connection, tenant_id: str) -> list[str]:
    """Return the orders of a tenant that have a live request."""
    query = select(payment_requests.c.order_id).where(payment_requests.c.tenant_id == tenant_id, _LIVE)
    return list(connection.execute(query).scalars())


def note_asked(connection: Connection, reference: str, *, now: datetime) -> None:
    """Note that the core was asked about a request, whatever it answered."""
    connection.execute(update(payment_requests).where(payment_requests.c.reference == reference).values(asked_at=now))
