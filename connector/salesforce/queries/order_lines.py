"""Read an order's lines as the integration user: what the customer reads of an order is the same whoever sends.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_orderitem.htm
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.domain.tenants.mapping import LineFields
from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.errors import SalesforceRefused
from connector.salesforce.calls.composite import query_path
from connector.salesforce.metadata.describe import CACHED_FOR
from connector.salesforce.orders.order_queries import value_at
from connector.salesforce.queries.soql import select

# The codes of a query that names what the org does not have, or does not show our user.
_CLOSED = frozenset({"INVALID_FIELD", "INVALID_TYPE", "INSUFFICIENT_ACCESS", "MALFORMED_QUERY"})
# An agent waits for the link, and its page gives up after 15 seconds: a slow org's lines are not worth that.
_WITHIN_S = 4.0


@dataclass(frozen=True)
class LinesInOrg:
    """The first lines of an order as (name, quantity, amount), each as the org has it, and how many there are in all."""

    values: Sequence[tuple[object, object, object]] = field(default=(), repr=False)
    count: int = 0


class OrderLinesReader:
    """Reads lines in one call. An org that closes them to our user is not asked again for an hour.

    ``read`` returns a resource of a tenant's org, by its path.
    """

    def __init__(self, *, read: Callable[..., dict[str, Any]], now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._closed: dict[tuple[str, LineFields], datetime] = {}

    def of(self, tenant: Tenant, order_id: str) -> LinesInOrg:
        """Return an order's lines, oldest first; none where the mapping, or the org within the hour, has closed them.

        Raises:
            SalesforceRefused: once an hour where the org closes them; SalesforceUnavailable, TenantProblem.
        """
        fields = tenant.mapping.lines
        if fields is None or self._is_closed(tenant, fields):
            return LinesInOrg()
        try:
            query = query_path(lines_query(fields, order_id))
            answer = self._read(tenant, query, operation="read_order_lines", within=_WITHIN_S)
        except SalesforceRefused as refusal:
            if refusal.reason in _CLOSED:
                self._close(tenant, fields)
            raise
        rows, paths = answer.get("records") or [], (fields.name, fields.quantity, fields.amount)
        # The first page has more lines than anybody is shown; the size counts those of the other pages, too.
        size = answer.get("totalSize")
        values = [(value_at(row, paths[0]), value_at(row, paths[1]), value_at(row, paths[2])) for row in rows]
        return LinesInOrg(values, size if isinstance(size, int) else len(values))

    def _is_closed(self, tenant: Tenant, fields: LineFields) -> bool:
        with self._lock:
            until = self._closed.get((tenant.tenant_id, fields))
        return until is not None and until > self._now()

    def _close(self, tenant: Tenant, fields: LineFields) -> None:
        now = self._now()
        with self._lock:
            self._closed = {key: until for key, until in self._closed.items() if until > now}
            self._closed[tenant.tenant_id, fields] = now + CACHED_FOR


def lines_query(fields: LineFields, order_id: str) -> str:
    """Return the SOQL query for an order's lines, in the order in which they were added.

    Raises:
        ValueError: ``order_id`` is not a Salesforce id; it goes into SOQL, so nothing else may.
    """
    if not is_salesforce_id(order_id):
        raise ValueError("not a Salesforce id")
    columns = dict.fromkeys((fields.name, fields.quantity, fields.amount))
    return select(columns, fields.object, f"{fields.order} = '{order_id}'") + " ORDER BY CreatedDate, Id"
