"""Due orders whose total is too old to report them as paid, and their postponement where it cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, exists, false, func, or_, select, text, update

from connector.domain.payments.balance import OrderPaymentState
from connector.domain.payments.status import Money
from connector.store.schema.queue_tables import outbox
from connector.store.schema.tables import orders, payment_requests
from foundation.database.unit_of_work import UnitOfWork

# As long as somebody may take to correct an order while its customer pays (ADR 17).
OLD_AFTER = timedelta(seconds=30)
# States that compare money with a total. Once one was reported, only a movement of money or another total can change it.
_COMPARED = (OrderPaymentState.PAID.value, OrderPaymentState.PART_PAID.value, OrderPaymentState.OVERPAID.value)
_MOMENT = outbox.c.due_at.type
# Written as the partial index has it: SQLite does not recognise ``live = 1`` as the same.
_LIVE = text("payment_requests.live")


@dataclass(frozen=True)
class StaleTotal:
    """A due order whose total must be read before it is pushed."""

    order_id: str
    attempts: int


def needs_reading(now: datetime) -> ColumnElement[bool]:
    """Return the condition of outbox rows whose order might be reported as paid by a total older than ``OLD_AFTER``.

    A reading that found no order, or was refused, counts as a reading: the push decides what follows from it.
    """
    since = now - OLD_AFTER
    o, p = orders.c, payment_requests.c
    of_order = (o.tenant_id == outbox.c.tenant_id, o.order_id == outbox.c.order_id)
    of_request = (p.tenant_id == outbox.c.tenant_id, p.order_id == outbox.c.order_id)
    state = outbox.c.written_state
    may_be_paid = and_(
        or_(outbox.c.final, state.is_(None), state.not_in(_COMPARED)),
        exists().where(*of_request, p.money == Money.PAID.value).correlate(outbox, orders),
    )
    is_old = and_(o.read_at < since, or_(o.unread_at.is_(None), o.unread_at < since))
    # An order that the org did not show may be visible again.
    verdict = and_(is_old, or_(o.unread_because.is_not(None), may_be_paid))
    # A scalar subquery and not a join: few rows are due, and no planner may choose to read all orders for them.
    return func.coalesce(select(verdict).where(*of_order).correlate(outbox).scalar_subquery(), false())


def with_stale_totals(work: UnitOfWork, tenant_id: str, *, now: datetime, most: int) -> list[StaleTotal]:
    """Return a tenant's due orders whose totals must be read first, final changes first."""
    mine = (outbox.c.tenant_id == tenant_id, outbox.c.due_at <= now, needs_reading(now))
    query = select(outbox.c.order_id, outbox.c.attempts).where(*mine)
    rows = work.connection.execute(query.order_by(outbox.c.final.desc(), outbox.c.due_at).limit(most))
    return [StaleTotal(row.order_id, row.attempts) for row in rows]


def soon_to_be_paid(work: UnitOfWork, tenant_id: str, *, now: datetime, most: int) -> list[str]:
    """Return some of a tenant's orders with live requests whose totals are old."""
    o, p = orders.c, payment_requests.c
    joined = orders.join(payment_requests, and_(p.tenant_id == o.tenant_id, p.order_id == o.order_id))
    query = select(o.order_id).select_from(joined).where(p.tenant_id == tenant_id, _LIVE, o.read_at < now - OLD_AFTER)
    return list(work.connection.execute(query.limit(most)).scalars())


def postpone(
    work: UnitOfWork, tenant_id: str, waits: Sequence[tuple[str, datetime]], *, reason: str, now: datetime
) -> None:
    """Make rows due later whose totals could not be read, unless another worker has claimed them meanwhile."""
    free = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now)
    row = update(outbox).where(outbox.c.tenant_id == tenant_id, outbox.c.order_id == bindparam("of_order"), free)
    change = row.values(due_at=bindparam("to_due_at", type_=_MOMENT), reason=reason, attempts=outbox.c.attempts + 1)
    if waits:
        work.connection.execute(change, [{"of_order": order_id, "to_due_at": due_at} for order_id, due_at in waits])
