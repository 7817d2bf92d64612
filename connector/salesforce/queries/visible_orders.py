"""Read what an org shows of the orders on visible pages, in as few calls as a Composite call allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from connector.domain.tenants.tenant import Tenant, long_id
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.client import MOST_READ, SalesforceClient
from connector.salesforce.orders.order_queries import Record, value_at, visible_order_fields, visible_orders_query

_OPERATION = "watch_visible_orders"


@dataclass
class VisibleRows:
    """What the org shows: rows by order id, an order without one is hidden or deleted, and the fields that were asked for."""

    rows: dict[str, Record] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)

    def content_of(self, order_id: str) -> str:
        """Return all values of an order as one text, by which a change is found; it holds the customer's number."""
        row = self.rows.get(order_id)
        return json.dumps(None if row is None else [value_at(row, path) for path in self.fields], default=str)


def read_visible_orders(salesforce: SalesforceClient, tenant: Tenant, order_ids: Sequence[str]) -> VisibleRows:
    """Read orders as the integration user: one call for each ``MOST_READ`` of them.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    found = VisibleRows()

    def ask(countries: Sequence[str]) -> list[Record]:
        found.fields = visible_order_fields(tenant.mapping, countries=countries)
        parts = [order_ids[start : start + MOST_READ] for start in range(0, len(order_ids), MOST_READ)]
        return [row for some in parts for row in _read(salesforce, tenant, some, countries)]

    found.rows = {long_id(row["Id"]): row for row in salesforce.countries.ask_with(tenant, ask)}
    return found


def _read(
    salesforce: SalesforceClient, tenant: Tenant, order_ids: Sequence[str], countries: Sequence[str]
) -> list[Record]:
    parts = [order_ids[start : start + COLLECTION] for start in range(0, len(order_ids), COLLECTION)]
    asked = {
        f"orders{place}": visible_orders_query(tenant.mapping, part, countries=countries)
        for place, part in enumerate(parts)
    }
    if len(asked) == 1:
        return salesforce.query(tenant, asked["orders0"], operation=_OPERATION)
    every = salesforce.queries(tenant, asked, operation=_OPERATION)
    return [row for some in every.values() for row in some]
