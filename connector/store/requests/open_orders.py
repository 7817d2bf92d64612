"""A tenant's orders with open payments or an outstanding push."""

from __future__ import annotations

from sqlalchemy import or_, select, text, union

from connector.domain.payments.status import Money
from connector.store.schema.tables import orders, outbox, payment_requests
from foundation.database.unit_of_work import UnitOfWork


def unfinished_orders(work: UnitOfWork, tenant_id: str) -> list[str]:
    """Return the numbers of a tenant's orders with a live request, money held or in review, or changes to push."""
    p, box = payment_requests.c, outbox.c
    open_payments = select(p.order_id).where(
        p.tenant_id == tenant_id,
        or_(text("payment_requests.live"), p.money.in_([Money.AUTHORIZED.value, Money.IN_REVIEW.value])),
    )
    unpushed = select(box.order_id).where(
        # A leased row is being pushed now, and counts until its outcome is known.
        box.tenant_id == tenant_id,
        or_(text("outbox.due_at IS NOT NULL"), box.lease_until.is_not(None)),
    )
    # Each through its own partial index; an OR over both tables would read all orders.
    waiting = union(open_payments, unpushed).subquery()
    query = select(orders.c.number).where(orders.c.tenant_id == tenant_id, orders.c.order_id == waiting.c.order_id)
    return sorted(work.connection.execute(query).scalars())
