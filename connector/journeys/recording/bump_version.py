"""Raise an order's version above the one that Salesforce holds, and push the order again.

Salesforce is ahead after the database was restored from a back-up, and refuses every version that is not above its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from connector.store.orders import orders
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from connector.store.requests import request_rows
from connector.store.store import Store
from foundation.log import get_logger

log = get_logger()
# A larger number was typed in by a person, and following it could use up the range of the column.
_LIKELY = 1_000_000_000


def bump_version(*, tenant_id: str, order_id: str, held: int, store: Store, now: datetime) -> bool:
    """Give an order and all its requests a version above ``held`` and announce it; return whether that was needed."""
    with store.write() as work:
        known = orders.lock_many(work, tenant_id, [order_id]).get(order_id)
        if known is None or known.version >= held:
            return False
        if held >= _LIKELY:
            log.error("version_not_ours", tenant=tenant_id, order=order_id, expected=known.version, found=held)
            return False
        version = held + 1
        requests = request_rows.find_by_order(work, tenant_id, order_id)
        request_rows.save_many(work, [replace(one, version=version) for one in requests])
        orders.set_versions(work, tenant_id, {order_id: version})
        outbox.announce(work, [Announcement(known.order, version, final=True)], now=now)
    log.warning("org_was_ahead", tenant=tenant_id, order=order_id, expected=known.version, found=held)
    return True
