"""Counts of recent sends by order, number and tenant, for the rate limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connector.domain.payments.status import Link
from connector.domain.tenants.send_limits import Counted, Limit
from connector.store.schema.tables import payment_requests
from foundation.database.database import wait_alone
from foundation.database.unit_of_work import UnitOfWork

# These never reached a customer: an outage of the core must not use up an order's sends.
_NEVER_LEFT = (Link.CREATED.value, Link.REJECTED.value)


@dataclass(frozen=True)
class CheckedSend:
    """The send to be checked against the limits; it does not count itself."""

    tenant_id: str
    order_id: str
    phone_digest: bytes
    reference: str


def lock_counts(work: UnitOfWork, tenant_id: str) -> None:
    """Serialise the sends of a tenant in the whole fleet until this transaction ends, so that counts are exact."""
    wait_alone(work.connection, "sends", tenant_id)


def room_again_at(work: UnitOfWork, limit: Limit, attempt: CheckedSend, *, now: datetime) -> datetime | None:
    """Return when a limit has room again; None where it has room now."""
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
    # The send that fills the limit, counted from the newest: there is room again once it is older than the span.
    query = select(p.created_at).where(*conditions).order_by(p.created_at.desc()).offset(limit.most - 1).limit(1)
    oldest: datetime | None = work.connection.scalar(query)
    return oldest + limit.within if oldest else None
