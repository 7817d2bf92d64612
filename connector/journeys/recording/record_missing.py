"""Record that the org answered without an order that we asked for, and report it once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.salesforce.orders.records import NOT_IN_ORG
from connector.store.orders import orders
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def record_missing(*, tenant_id: str, order_ids: Sequence[str], store: Store, at: datetime) -> None:
    """Note which orders the org did not show us when it was asked ``at``; each is logged when it is news."""
    if not order_ids:
        return
    with store.write() as work:
        news = orders.mark_unread(work, tenant_id, order_ids, because=NOT_IN_ORG, at=at)
    if news:
        store.findings.suspect(tenant_id, "orders_missing")
    for order_id in news:
        log.error("order_not_in_org", tenant=tenant_id, order=order_id)
