"""Refuse to map orders to another object while open payments belong to records of the present one."""

from __future__ import annotations

from connector.domain.health.finding import Finding, Level
from connector.domain.tenants.mapping import Mapping
from connector.salesforce.inspection.mapping_inspector import CHECK
from connector.store.requests.open_orders import unfinished_orders
from connector.store.store import Store

_ENTRY = "order_object"
# Enough to find them; `chat2pay outbox list` shows the rest.
_MOST_NAMED = 5


def hold_order_object(*, tenant_id: str, before: Mapping, after: Mapping, store: Store) -> list[Finding]:
    """Return a finding where the mapping's order object changes and open payments forbid it, or none."""
    if before.order_object == after.order_object:
        return []
    # What is still to be written belongs to records of the present object, whose ids mean nothing in another one.
    with store.read() as work:
        numbers = unfinished_orders(work, tenant_id)
    if not numbers:
        return []
    orders = "1 order" if len(numbers) == 1 else f"{len(numbers)} orders"
    named = ", ".join(numbers[:_MOST_NAMED]) + (" and others" if len(numbers) > _MOST_NAMED else "")
    return [
        Finding(
            check=CHECK,
            level=Level.WRONG,
            problem=f"Payments of {orders} are not finished ({named}), and their news belongs to records of "
            f"{before.order_object}.",
            remedy="Cancel these or let them end, which takes half an hour at most; take or give back what is held; then set "
            f"this again. Where new ones keep coming, `chat2pay tenant disable {tenant_id}` stops them until it is set.",
            impact=f"Their news would be written to no record of {after.order_object}, and Salesforce would never hear of "
            "money that was paid.",
            subject=_ENTRY,
        )
    ]
