"""Find orders that carry another order's payment fields, because somebody cloned it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector.domain.tenants.tenant import Tenant, long_id
from connector.salesforce.calls.soql import select
from connector.salesforce.client import SalesforceClient

# Orders of this age at most are looked at, the newest of them: a clone of before was seen then.
_DAYS, _MOST = 30, 200


@dataclass(frozen=True)
class MarkedOrder:
    """An order with the reference of a payment request in its field, as the org has it."""

    order_id: str
    number: str
    reference: str


def read_marked_orders(salesforce: SalesforceClient, tenant: Tenant) -> list[MarkedOrder]:
    """Return new orders that name a payment request, in one call; none where the mapping writes no reference."""
    mapping = tenant.mapping
    field = mapping.write_order.get("request_reference")
    if field is None or mapping.original is not None:
        return []  # a summary's fields are written by us alone: nothing clones a summary
    recent = f"CreatedDate = LAST_N_DAYS:{_DAYS} ORDER BY CreatedDate DESC LIMIT {_MOST}"
    soql = select(["Id", mapping.number, field], mapping.order_object, f"{field} != null", recent)
    rows = salesforce.query(tenant, soql, operation="check_copies")
    return [_marked(row, mapping.number, field) for row in rows]


def _marked(row: Mapping[str, object], number: str, field: str) -> MarkedOrder:
    return MarkedOrder(long_id(str(row["Id"])), str(row.get(number) or row["Id"]), str(row.get(field)))
