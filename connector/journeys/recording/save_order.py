"""Save orders as they were just read; where a total has changed, the amount due is pushed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connector.domain.payments.order import Order
from connector.domain.payments.payment import PaymentRequest
from connector.journeys.recording.record_changes import alarm_other_currency
from connector.store.orders import orders
from connector.store.orders.orders import StoredOrder
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from connector.store.requests import request_rows
from connector.store.store import Store
from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger

log = get_logger()
# Few enough for a short transaction, since others wait for the locked rows.
_AT_ONCE = 200


def save_order(*, order: Order, store: Store, now: datetime) -> bool:
    """Save one order as it was just read; return whether it has payment requests and its amounts changed."""
    return bool(save_orders(read=[order], store=store, now=now))


def save_orders(*, read: Sequence[Order], store: Store, now: datetime) -> list[str]:
    """Save orders of one tenant as they were just read; return the ids of those with requests whose amounts changed.

    An order that the org shows again after it did not counts as changed.
    """
    moved: list[str] = []
    for start in range(0, len(read), _AT_ONCE):
        with store.write() as work:
            moved += _keep(work, read[start : start + _AT_ONCE], now=now)
    return moved


def _keep(work: UnitOfWork, read: Sequence[Order], *, now: datetime) -> list[str]:
    tenant_id = read[0].tenant_id
    # Two readings of an order may be saved in the other sequence than they were read: under the lock the later one stays.
    locked = orders.lock_many(work, tenant_id, [one.order_id for one in read])
    fresh = [_completed(one, locked) for one in read if not _outdated(one, locked)]
    news = [one for one in fresh if one.order_id not in locked or orders.is_news(one, locked[one.order_id])]
    for order in news:
        orders.save(work, order, known=locked.get(order.order_id))
    moved = {one.order_id for one in news}
    same = [one for one in fresh if one.order_id not in moved]
    if same:
        orders.mark_read(work, tenant_id, [one.order_id for one in same], read_at=same[0].read_at)
    changed = [one for one in news if one.order_id in locked and _moved(one, locked[one.order_id])]
    return _announce(work, changed, locked, now=now)


def _announce(
    work: UnitOfWork, changed: Sequence[Order], locked: Mapping[str, StoredOrder], *, now: datetime
) -> list[str]:
    """Announce every changed order that has requests under its next version; one with money on it is final."""
    if not changed:
        return []
    tenant_id = changed[0].tenant_id
    every = request_rows.find_by_orders(work, tenant_id, [one.order_id for one in changed])
    asked = [one for one in changed if every[one.order_id]]
    versions = {one.order_id: locked[one.order_id].version + 1 for one in asked}
    orders.set_versions(work, tenant_id, versions)
    # The records of an order that the org did not show may have lost their look-up to it.
    back = [one for one in asked if locked[one.order_id].unread_because]
    again = [replace(request, version=versions[one.order_id]) for one in back for request in every[one.order_id]]
    request_rows.save_many(work, again)
    announced = [Announcement(one, versions[one.order_id], _has_money(every[one.order_id])) for one in asked]
    outbox.announce(work, announced, now=now)
    for order in asked:
        log.info("order_amounts_moved", tenant=tenant_id, order=order.order_id, version=versions[order.order_id])
        if locked[order.order_id].order.currency != order.currency:
            _alarm(work, order, every[order.order_id], now=now)
    return list(versions)


def _outdated(order: Order, locked: Mapping[str, StoredOrder]) -> bool:
    return order.order_id in locked and orders.is_outdated(order, locked[order.order_id])


def _completed(order: Order, locked: Mapping[str, StoredOrder]) -> Order:
    return orders.completed(order, locked[order.order_id]) if order.order_id in locked else order


def _moved(order: Order, known: StoredOrder) -> bool:
    before, is_back = known.order, known.unread_because is not None and not order.is_unclear
    return (before.total, before.currency) != (order.total, order.currency) or is_back


def _has_money(requests: Sequence[PaymentRequest]) -> bool:
    return any(one.paid + one.held > 0 for one in requests)


def _alarm(work: UnitOfWork, order: Order, requests: Sequence[PaymentRequest], *, now: datetime) -> None:
    for request in (one for one in requests if one.currency != order.currency and one.paid + one.held > 0):
        alarm_other_currency(work, request, order, now=now)
