"""A tenant's payment requests page by page, newest first.

Pages are keyed by (created_at, reference), so requests that are sent meanwhile shift nothing. One index serves tenant and
order; the other filters are evaluated row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from sqlalchemy import ColumnElement, and_, not_, or_, select, tuple_

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, Money, States, Status, status_of
from connector.store.requests import request_rows
from connector.store.schema.tables import payment_requests
from foundation.database.columns import sign_of_rest
from foundation.database.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Cursor:
    """The key of the last request of a page."""

    created_at: datetime
    reference: str


@dataclass(frozen=True)
class RequestFilter:
    """Which of a tenant's requests to list; None: all. ``agent`` sent the request or was the last to act on it."""

    order_id: str | None = None
    agent: str | None = None
    status: Status | None = None
    since: datetime | None = None
    after: Cursor | None = None


def list_requests(
    work: UnitOfWork,
    tenant_id: str,
    wanted: RequestFilter,
    *,
    most: int,
) -> tuple[list[PaymentRequest], Cursor | None]:
    """Return at most ``most`` requests, and the cursor of the next page where there are more."""
    p = payment_requests.c
    query = (
        select(payment_requests)
        .where(p.tenant_id == tenant_id, *_conditions(wanted))
        .order_by(p.created_at.desc(), p.reference.desc())
        .limit(most + 1)
    )
    # One row more than the page, to see whether there is another page.
    rows = work.connection.execute(query).all()
    found = [request_rows.request_of(row, work.vault) for row in rows[:most]]
    more = len(rows) > most
    return found, Cursor(found[-1].created_at, found[-1].reference) if more else None


def latest_of_order(
    work: UnitOfWork,
    tenant_id: str,
    order_id: str,
) -> PaymentRequest | None:
    """Return the newest request of an order."""
    found, _ = list_requests(work, tenant_id, RequestFilter(order_id=order_id), most=1)
    return found[0] if found else None


def _conditions(wanted: RequestFilter) -> Sequence[ColumnElement[bool]]:
    p = payment_requests.c
    found: list[ColumnElement[bool]] = []
    if wanted.order_id is not None:
        found.append(p.order_id == wanted.order_id)
    if wanted.agent is not None:
        found.append(or_(p.requested_by_id == wanted.agent, p.handled_by_id == wanted.agent))
    if wanted.status is not None:
        found.append(_has_status(wanted.status))
    if wanted.since is not None:
        found.append(p.created_at >= wanted.since)
    if wanted.after is not None:
        place = tuple_(p.created_at, p.reference)
        found.append(place < tuple_(wanted.after.created_at, wanted.after.reference))
    return found


def _has_status(status: Status) -> ColumnElement[bool]:
    """Return the condition of requests with a status, which is not stored but derived from the states."""
    p = payment_requests.c
    in_part = and_(
        p.money.in_([Money.PAID.value, Money.REVERSED.value]),
        sign_of_rest(p.captured, p.reversed) > 0,
        sign_of_rest(p.captured, p.reversed, p.amount) < 0,
    )
    if status is Status.PART_PAID:
        return in_part
    by_money: dict[Money, list[str]] = {}
    for link, money in product(Link, Money):
        if status_of(States(Message.NONE, link, money)) is status:
            by_money.setdefault(money, []).append(link.value)
    return and_(
        or_(*(and_(p.money == money.value, p.link.in_(links)) for money, links in by_money.items())), not_(in_part)
    )
