"""Read what an org holds now: our versions of orders and payment requests, and one field of some orders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.domain.tenants.tenant import Tenant, is_salesforce_id, long_id
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.client import SalesforceClient
from connector.salesforce.orders.order_queries import Record, value_at, version_path
from connector.salesforce.orders.order_record import order_target

_REFERENCE = re.compile(r"\w{1,40}")


@dataclass(frozen=True)
class OrgVersions:
    """Versions by order id and by reference, without the records that are hidden or have no version."""

    orders: dict[str, int]
    requests: dict[str, int]


def read_versions(
    salesforce: SalesforceClient, tenant: Tenant, *, order_ids: Sequence[str], references: Sequence[str]
) -> OrgVersions:
    """Read the versions of at most 400 orders and 600 payment requests in one call.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    mapping = tenant.mapping
    target = order_target(mapping, salesforce.describe(tenant, mapping.order_object) if mapping.original else None)
    of_orders, of_requests = version_path(mapping, target), mapping.write_request.get("version")
    asked: dict[str, str] = {}
    if of_orders:
        asked |= dict(
            _queries("orders", mapping.order_object, "Id", of_orders, list(filter(is_salesforce_id, order_ids)))
        )
    if of_requests:
        key = mapping.request_external_id
        asked |= dict(
            _queries(
                "requests", mapping.request_object, key, of_requests, list(filter(_REFERENCE.fullmatch, references))
            )
        )
    if not asked:
        return OrgVersions({}, {})
    answers = salesforce.queries(tenant, asked, operation="confirm_newer")
    orders = [row for name, rows in answers.items() if name.startswith("orders") for row in rows]
    requests = [row for name, rows in answers.items() if name.startswith("requests") for row in rows]
    return OrgVersions(
        orders={long_id(row["Id"]): held for row in orders if (held := _version(row, of_orders)) is not None},
        requests={
            str(row[mapping.request_external_id]): held
            for row in requests
            if (held := _version(row, of_requests)) is not None
        },
    )


def read_field_values(
    salesforce: SalesforceClient, tenant: Tenant, *, order_ids: Sequence[str], field: str
) -> dict[str, str]:
    """Return one text field of at most 1,000 orders as the org shows it now, read in one call; "" where it is empty.

    Raises:
        SalesforceUnavailable, SalesforceRefused, TenantProblem: the org could not be asked.
    """
    asked = dict(
        _queries("orders", tenant.mapping.order_object, "Id", field, list(filter(is_salesforce_id, order_ids)))
    )
    answers = salesforce.queries(tenant, asked, operation="read_status")
    return {long_id(row["Id"]): str(value_at(row, field) or "") for rows in answers.values() for row in rows}


def _queries(name: str, kind: str, key: str, version: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield named queries of as many values as a collection has records."""
    # The callers filtered the values by their form, so they are safe in SOQL.
    for start in range(0, len(values), COLLECTION):
        some = ", ".join(f"'{value}'" for value in values[start : start + COLLECTION])
        yield f"{name}{start}", f"SELECT {key}, {version} FROM {kind} WHERE {key} IN ({some})"


def _version(row: Record, path: str | None) -> int | None:
    held = value_at(row, path)
    return int(held) if held is not None else None
