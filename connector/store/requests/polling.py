"""Polling of the core about payment requests without recent news: which are due, and when each was asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, bindparam, or_, select, text, update

from connector.domain.payments.payment import PaymentRequest, Reason
from connector.domain.payments.status import Link, Money
from connector.store.requests.request_rows import request_of
from connector.store.schema.tables import payment_requests
from foundation.database.unit_of_work import UnitOfWork

# Written as the partial indexes have it: SQLite does not recognise ``live = 1`` as the same.
_LIVE = text("payment_requests.live")
_NOT_LIVE = text("NOT payment_requests.live")
# Ended requests: (younger than, asked about again after). Money held or in review is bound to move, and what we ended
# without proof may be paid after all: for a day, a lost callback about either is found within minutes.
_BOUND_TO_MOVE = ((timedelta(days=1), timedelta(minutes=4)), (timedelta(days=7), timedelta(hours=1)))
# Captured money may be given back without a callback: most likely soon, hardly after days.
_MAY_MOVE = (
    (timedelta(hours=1), timedelta(minutes=4)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=7), timedelta(hours=6)),
)
# Where few are due, this many others are asked about early in a sweep: with up to some thousand payments a week every
# lost callback is found within minutes, and only with more do the older ones wait for their time.
_EARLY, _CANDIDATES = 20, 2000
_NOT_ASKED_FOR = timedelta(minutes=4)
_PUT_OFF_FOR = timedelta(seconds=10)
# Live requests: how often they are asked about, by their age. Those that the core has no record of may stay for days.
_JUST_SENT, _UNKNOWN_PAUSE = timedelta(minutes=30), timedelta(seconds=10)
_OF_TODAY, _LIVE_PAUSE = timedelta(days=1), timedelta(seconds=60)
_OLD_PAUSE = timedelta(minutes=15)


# The queries of a sweep are built once: it runs every few seconds, and to build one takes longer than to run it.
def _given(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=payment_requests.c.created_at.type)


def _quiet_since(name: str) -> ColumnElement[bool]:
    """Return the condition of requests about which nothing was proven, and the core not asked, since a given time."""
    p, moment = payment_requests.c, _given(name)
    return (p.proven_at.is_(None) | (p.proven_at < moment)) & (p.asked_at.is_(None) | (p.asked_at < moment))


_COLUMNS = (payment_requests.c.tenant_id, payment_requests.c.reference)
_MOST = bindparam("most", type_=Integer)
_EXPIRED_SENDS = select(payment_requests).where(
    _LIVE, payment_requests.c.link == Link.SENDING.value, payment_requests.c.sending_until < _given("now")
)
_ASKED = tuple(one.value for one in (Link.UNKNOWN, Link.SENT, Link.OPENED, Link.EXPIRED, Link.CANCELLED))
_QUIET = or_(
    (payment_requests.c.link == Link.UNKNOWN.value)
    & (payment_requests.c.created_at > _given("just_sent"))
    & _quiet_since("unknown_before"),
    (payment_requests.c.created_at > _given("of_today")) & _quiet_since("live_before"),
    _quiet_since("old_before"),
)
_LIVE_DUE = (
    select(*_COLUMNS)
    .where(_LIVE, payment_requests.c.link.in_(_ASKED), _QUIET)
    .order_by(payment_requests.c.asked_at.nulls_first())
    .limit(_MOST)
)
_BY_TIME = select(*_COLUMNS).order_by(payment_requests.c.ask_at)
_ENDED_DUE = _BY_TIME.where(_NOT_LIVE, payment_requests.c.ask_at <= _given("now")).limit(_MOST)
_ENDED_LATER = (
    _BY_TIME.add_columns(_quiet_since("asked_before").label("quiet"))
    .where(_NOT_LIVE, payment_requests.c.ask_at > _given("now"))
    .limit(_CANDIDATES)
)


def expired_sends(work: UnitOfWork, *, now: datetime) -> list[PaymentRequest]:
    """Return requests whose sending lease has expired."""
    return [request_of(row, work.vault) for row in work.connection.execute(_EXPIRED_SENDS, {"now": now})]


def end_sending_leases(work: UnitOfWork, *, now: datetime) -> None:
    """End every sending lease; at the start of a single process no other one is sending."""
    condition = and_(_LIVE, payment_requests.c.link == Link.SENDING.value)
    work.connection.execute(update(payment_requests).where(condition).values(sending_until=now))


def due_requests(work: UnitOfWork, *, now: datetime, most: int) -> list[tuple[str, str]]:
    """Return (tenant, reference) of requests to ask the core about, longest unasked first; at least a quarter ended ones.

    Unknown requests are asked about every ten seconds at first, other live ones where nothing was proven for a minute,
    rarely after a day. Ended ones are asked about once after the last change, and for a week while their money may move.
    """
    ended = _ended(work, now=now, most=most)
    live = _live(work, now=now, most=most - min(len(ended), most // 4))
    # A quarter for ended ones: many open links must not keep a refund from ever being noticed.
    found = live + ended[: most - len(live)]
    return found + _early(work, now=now, most=min(_EARLY, most - len(found)))


def _live(work: UnitOfWork, *, now: datetime, most: int) -> list[tuple[str, str]]:
    moments = {
        "just_sent": now - _JUST_SENT,
        "unknown_before": now - _UNKNOWN_PAUSE,
        "of_today": now - _OF_TODAY,
        "live_before": now - _LIVE_PAUSE,
        "old_before": now - _OLD_PAUSE,
    }
    rows = work.connection.execute(_LIVE_DUE, moments | {"most": most})
    return [(row.tenant_id, row.reference) for row in rows]


def _ended(work: UnitOfWork, *, now: datetime, most: int) -> list[tuple[str, str]]:
    rows = work.connection.execute(_ENDED_DUE, {"now": now, "most": most})
    return [(row.tenant_id, row.reference) for row in rows]


def _early(work: UnitOfWork, *, now: datetime, most: int) -> list[tuple[str, str]]:
    """Return ended requests that become due next and were not asked about lately, of the first candidates."""
    rows = work.connection.execute(_ENDED_LATER, {"now": now, "asked_before": now - _NOT_ASKED_FOR})
    return [(row.tenant_id, row.reference) for row in rows if row.quiet][:most]


def orders_with_live(work: UnitOfWork, tenant_id: str) -> list[str]:
    """Return the orders of a tenant that have a live request."""
    query = select(payment_requests.c.order_id).where(payment_requests.c.tenant_id == tenant_id, _LIVE)
    return list(work.connection.execute(query).scalars())


def mark_asked(work: UnitOfWork, reference: str, *, now: datetime) -> None:
    """Record that the core was asked about a request, whatever it answered, and when to ask again about an ended one."""
    p = payment_requests.c
    mine = p.reference == reference
    columns = (p.live, p.money, p.reason, p.released_at, p.created_at)
    row = work.connection.execute(select(*columns).where(mine)).one()
    work.connection.execute(update(payment_requests).where(mine).values(asked_at=now, ask_at=_again_at(row, now)))


def postpone(work: UnitOfWork, tenant_id: str, skipped: Sequence[str], *, now: datetime) -> None:
    """Put a tenant's requests behind those of others for a moment, because its core does not answer."""
    p = payment_requests.c
    ended = update(payment_requests).where(_NOT_LIVE, p.tenant_id == tenant_id, p.ask_at <= now)
    # Only for seconds: the core may be back, and its tenant's payments wait.
    work.connection.execute(ended.values(ask_at=now + _PUT_OFF_FOR))
    work.connection.execute(update(payment_requests).where(_LIVE, p.reference.in_(skipped)).values(asked_at=now))


def _again_at(row: Any, now: datetime) -> datetime | None:
    given_up = row.released_at is not None or row.reason in (Reason.UNCONFIRMED, Reason.NEVER_ARRIVED)
    bound = row.money in (Money.IN_REVIEW, Money.AUTHORIZED) or given_up
    pauses = _BOUND_TO_MOVE if bound else _MAY_MOVE if row.money == Money.PAID else ()
    age = now - row.created_at
    return None if row.live else next((now + pause for until, pause in pauses if age < until), None)
