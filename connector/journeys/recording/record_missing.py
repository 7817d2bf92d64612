"""Record orders that the org did not show when asked for them, and report each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders import orders
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()


def record_missing(*, tenant_id: str, order_ids: Sequence[str], store: Store, at: datetime) -> None:
    """Mark orders that the org did not show at time ``at``; each is logged only if it was not marked before."""
    if not order_ids:
        return
    with store.write() as work:
        news = orders.mark_unread(work, tenant_id, order_ids, because=NOT_IN_ORG, at=at)
    if news:
        store.findings.suspect(tenant_id, "orders_missing")
    for order_id in news:
        log.error("order_not_in_org", tenant=tenant_id, order=order_id)
