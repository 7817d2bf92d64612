"""Limit sends per order, per number and per tenant; callbacks are never limited."""

from __future__ import annotations

import math
from datetime import datetime

from connector.domain.payments.payment import PaymentRequest
from connector.domain.tenants.send_limits import Counted, limits_of
from connector.domain.tenants.tenant import Tenant
from connector.errors import TooMany
from connector.store.requests.send_counts import CheckedSend, lock_counts, room_again_at
from foundation.database.unit_of_work import UnitOfWork

_WHAT = {
    Counted.ORDER: "for this order",
    Counted.NUMBER: "to this number",
    Counted.TENANT: "from this Salesforce org",
}


def limit_sends(work: UnitOfWork, *, tenant: Tenant, sending: PaymentRequest, number: bytes, now: datetime) -> None:
    """Refuse a send that exceeds a limit, inside the sending transaction.

    Raises:
        TooMany: with the seconds until there is room; the caller's transaction is rolled back.
    """
    attempt = CheckedSend(tenant.tenant_id, sending.order_id, number, sending.reference)
    # Under this lock the count is exact, however many processes send at once.
    lock_counts(work, tenant.tenant_id)
    for limit in limits_of(tenant.policy):
        again_at = room_again_at(work, limit, attempt, now=now)
        if again_at is not None:
            seconds = math.ceil((again_at - now).total_seconds())
            raise TooMany(
                f"Too many links were sent {_WHAT[limit.counted]}.",
                retry_after_s=seconds,
                kind=limit.counted.value,
                facts={"tenant": tenant.tenant_id, "order": sending.order_id},
            )
