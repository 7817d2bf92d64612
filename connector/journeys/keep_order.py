"""Decides what follows from a fresh reading of an order: an order whose total moved owes another amount in Salesforce too."""

from __future__ import annotations

from datetime import datetime

from connector.domain.order import Order
from connector.journeys.change_request import alarm_other_currency
from connector.log import get_logger
from connector.store import orders, outbox, payments
from connector.store.outbox import Announcement
from connector.store.store import Store

log = get_logger()


def keep_order(*, order: Order, store: Store, now: datetime) -> bool:
    """Keep what Salesforce just said; return whether the amounts of an order with payment requests moved."""
    with store.database.write() as connection:
        locked = orders.lock_many(connection, order.tenant_id, [order.order_id], vault=store.vault)
        known = locked.get(order.order_id)
        if known and orders.is_outdated(order, known):
            return False
        orders.keep(connection, order, vault=store.vault, known=known)
        if known is None or (known.order.total, known.order.currency) == (order.total, order.currency):
            return False
        requests = payments.of_order(connection, order.tenant_id, order.order_id, vault=store.vault)
        if not requests:
            return False
        version = known.version + 1
        orders.set_versions(connection, order.tenant_id, {order.order_id: version})
        outbox.announce(connection, [Announcement(order, version, final=False)], now=now)
    if known.order.currency != order.currency:
        for request in (one for one in requests if one.currency != order.currency and one.paid + one.held > 0):
            alarm_other_currency(request, order)
    log.info("order_amounts_moved", tenant=order.tenant_id, order=order.order_id, version=version)
    return True
