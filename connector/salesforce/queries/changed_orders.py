"""Read the orders that were changed or deleted in an org since a time, with some named ones, in one call.

SystemModstamp is indexed, and moves with every change of a record by people and by automation; whether it moves when only a
formula's inputs or the rows of a roll-up change is not documented, so this misses some, and all are compared every night.
https://help.salesforce.com/s/articleView?id=000387261&type=1
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from connector.domain.tenants.tenant import Tenant, long_id
from connector.salesforce.calls.composite import COLLECTION, first_page, next_page, queries_body, read_rows
from connector.salesforce.client import SalesforceClient
from connector.salesforce.orders.order_queries import (
    DELETED,
    MODIFIED,
    OrderInOrg,
    Record,
    changed_orders_query,
    deleted_query,
    orders_query,
    read_order_in_org,
)
from connector.salesforce.orders.order_record import OrderTarget

# Four of the five queries of a Composite call; the fifth asks for the changed orders.
MOST_NAMED = 4 * COLLECTION
# Pages of 2,000 rows, each a call: what is left over is read in the next minute.
_MOST_PAGES = 10
_OPERATION = "follow_changed_orders"
_CHANGED = "changed"


@dataclass
class ChangedOrders:
    """The ``named`` orders, those ``changed`` since, and the ids of ``deleted`` ones.

    ``seen_until``: the latest change among them, by the org's clock; None where there was none.
    """

    named: dict[str, OrderInOrg] = field(default_factory=dict)
    changed: dict[str, OrderInOrg] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    seen_until: datetime | None = None
    is_complete: bool = True


def read_changed_orders(
    salesforce: SalesforceClient, tenant: Tenant, *, since: datetime, order_ids: Sequence[str], now: datetime
) -> ChangedOrders:
    """Read the orders with our fields that changed ``since`` then, and at most ``MOST_NAMED`` by their ids.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    target, mapping = salesforce.target(tenant), tenant.mapping
    asked = {_CHANGED: changed_orders_query(mapping, target, since)}
    for start in range(0, len(order_ids), COLLECTION):
        asked[f"named{start}"] = orders_query(mapping, target, order_ids[start : start + COLLECTION])
    body = queries_body(asked, mapping.api_version, with_deleted={_CHANGED})
    answer = salesforce.composite(tenant, body, operation=_OPERATION)
    rows = read_rows(asked, answer, operation=_OPERATION)
    seen = ChangedOrders()
    for row in (row for name, some in rows.items() if name != _CHANGED for row in some):
        seen.named[long_id(row["Id"])] = read_order_in_org(row, tenant=tenant, target=target, read_at=now)
    _take(seen, rows[_CHANGED], tenant, target, now)
    page = first_page(_CHANGED, answer)
    for _ in range(_MOST_PAGES - 1):
        path = next_page(page)
        if path is None:
            break
        page = salesforce.read(tenant, path, operation=_OPERATION)
        _take(seen, page.get("records", []), tenant, target, now)
    seen.is_complete = bool(page.get("done", True))
    return seen


def read_deleted_orders(salesforce: SalesforceClient, tenant: Tenant, order_ids: Sequence[str]) -> set[str]:
    """Return which of at most a thousand orders are in the org's recycle bin, where they stay for 15 days.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    parts = [order_ids[start : start + COLLECTION] for start in range(0, len(order_ids), COLLECTION)]
    asked = {f"named{place}": deleted_query(tenant.mapping, part) for place, part in enumerate(parts)}
    body = queries_body(asked, tenant.mapping.api_version, with_deleted=asked)
    operation = "find_deleted"
    rows = read_rows(asked, salesforce.composite(tenant, body, operation=operation), operation=operation)
    return {long_id(row["Id"]) for some in rows.values() for row in some if row.get(DELETED)}


def _take(seen: ChangedOrders, rows: Sequence[Record], tenant: Tenant, target: OrderTarget, now: datetime) -> None:
    for row in rows:
        order_id = long_id(row["Id"])
        changed_at = datetime.fromisoformat(str(row[MODIFIED])).astimezone(UTC)
        seen.seen_until = max(seen.seen_until or changed_at, changed_at)
        if row.get(DELETED):
            seen.deleted.add(order_id)
        else:
            seen.changed[order_id] = read_order_in_org(row, tenant=tenant, target=target, read_at=now)
