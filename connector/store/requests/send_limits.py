"""How many payment requests were sent lately, by order, by number, by tenant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connector.domain.payments.status import Link
from connector.domain.tenants.limits import Counted, Limit
from connector.store.schema.tables import payment_requests
from connector.store.unit_of_work import UnitOfWork
from foundation.database.database import wait_alone

# Nothing of these ever reached a customer: an hour without the core must not use an order's sends up.
_NEVER_LEFT = (Link.CREATED.value, Link.REJECTED.value)


@dataclass(frozen=True)
class Attempt:
    """The send that asks for room; it does not count against itself."""

    tenant_id: str
    order_id: str
    phone_digest: bytes
    reference: str


def lock_counts(work: UnitOfWork, tenant_id: str) -> None:
    """Let one send of a tenant count at a time, in the whole fleet, until its transaction ends."""
    wait_alone(work.connection, "sends", tenant_id)


def room_again_at(work: UnitOfWork, limit: Limit, attempt: Attempt, *, now: datetime) -> datetime | None:
    """Return when a limit has room again, or None when it has room now."""
    p = payment_requests.c
    conditions = [
        p.tenant_id == attempt.tenant_id,
        p.created_at > now - limit.within,
        p.reference != attempt.reference,
        p.link.not_in(_NEVER_LEFT),
    ]
    if limit.counted is Counted.ORDER:
        conditions.append(p.order_id == attempt.order_id)
    elif limit.counted is Counted.NUMBER:
        conditions.append(p.phone_digest == attempt.phone_digest)
    query = select(p.created_at).where(*conditions).order_by(p.created_at.desc()).offset(limit.most - 1).limit(1)
    oldest: datetime | None = work.connection.scalar(query)
    return oldest + limit.within if oldest else None
