"""Orders that are followed because of live requests or money, and up to when each org's changes were read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, or_, select, text

from connector.store.schema.tables import order_looks, orders, outbox, payment_requests, tenants
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

# Written as the partial indexes have it.
_LIVE = text("payment_requests.live")
_MOVED = text("payment_requests.money_moved_at IS NOT NULL")
# Below the number of parameters that any SQLite takes in one statement.
_ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class ChangePosition:
    """When an org's changes were last read, by our clock, and up to which time, by the org's clock."""

    looked_at: datetime
    seen_until: datetime


def followed(work: UnitOfWork, tenant_id: str, *, since: datetime, most: int | None = None) -> list[str]:
    """Return a tenant's orders whose money moved since a time, the latest first."""
    p = payment_requests.c
    query = select(p.order_id).where(p.tenant_id == tenant_id, _MOVED, p.money_moved_at >= since).group_by(p.order_id)
    return list(work.connection.execute(query.order_by(func.max(p.money_moved_at).desc()).limit(most)).scalars())


def followed_among(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str], *, since: datetime) -> list[str]:
    """Return those of ``order_ids`` that have a live request, or money that moved since a time."""
    p, found = payment_requests.c, list[str]()
    for start in range(0, len(order_ids), _ASKED_AT_ONCE):
        some = order_ids[start : start + _ASKED_AT_ONCE]
        mine = (p.tenant_id == tenant_id, p.order_id.in_(some), p.live | (p.money_moved_at >= since))
        found += work.connection.execute(select(p.order_id).where(*mine).distinct()).scalars()
    return found


@dataclass(frozen=True)
class MissingOrder:
    """An order that its org no longer shows; ``is_blocked``: its outbox row is blocked, so another check reports it."""

    order_id: str
    number: str
    is_blocked: bool


def missing(work: UnitOfWork, tenant_id: str, *, because: str, since: datetime) -> list[MissingOrder]:
    """Return a tenant's followed orders that the org did not show when they were last read."""
    o, p = orders.c, payment_requests.c
    of_order = (p.tenant_id == o.tenant_id, p.order_id == o.order_id)
    is_followed = exists().where(*of_order, p.live | (p.money_moved_at >= since)).correlate(orders)
    joined = orders.outerjoin(outbox, (outbox.c.tenant_id == o.tenant_id) & (outbox.c.order_id == o.order_id))
    query = select(o.order_id, o.number, outbox.c.blocked_by).select_from(joined)
    rows = work.connection.execute(
        query.where(o.tenant_id == tenant_id, o.unread_because == because, is_followed).order_by(o.number)
    )
    return [MissingOrder(row.order_id, row.number, row.blocked_by is not None) for row in rows]


def with_other_currency(work: UnitOfWork, tenant_id: str) -> list[str]:
    """Return a tenant's orders with money in a currency other than the order's present one."""
    o, p = orders.c, payment_requests.c
    joined = payment_requests.join(orders, (p.tenant_id == o.tenant_id) & (p.order_id == o.order_id))
    query = select(p.order_id).select_from(joined).where(p.tenant_id == tenant_id, _MOVED, p.currency != o.currency)
    return list(work.connection.execute(query.distinct()).scalars())


def due_tenants(work: UnitOfWork, *, now: datetime, every: timedelta) -> dict[str, ChangePosition | None]:
    """Return the tenants whose changes were not read for ``every``, each with its position, None at first."""
    at = order_looks.c.looked_at
    query = select(tenants.c.tenant_id, at, order_looks.c.seen_until).select_from(
        tenants.outerjoin(order_looks, order_looks.c.tenant_id == tenants.c.tenant_id)
    )
    due = query.where(
        or_(at.is_(None), at <= now - every, at > now)
    )  # a position in the future: our clock was set back
    return {
        row.tenant_id: ChangePosition(row.looked_at, row.seen_until) if row.looked_at else None
        for row in work.connection.execute(due)
    }


def save_position(work: UnitOfWork, tenant_id: str, look: ChangePosition) -> None:
    """Store up to where a tenant's changes were read."""
    position = {"looked_at": look.looked_at, "seen_until": look.seen_until}
    put = insert_into(work.connection.dialect.name, order_looks).values(tenant_id=tenant_id, **position)
    work.connection.execute(put.on_conflict_do_update(index_elements=[order_looks.c.tenant_id], set_=position))
