"""Read an order's lines as the integration user: what the customer reads of an order is the same whoever sends.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_orderitem.htm
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.domain.tenants.mapping import LineFields
from connector.domain.tenants.tenant import Tenant, is_salesforce_id
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.salesforce.calls.composite import query_path
from connector.salesforce.calls.soql import listed, select
from connector.salesforce.orders.order_queries import value_at

# The codes of a query that names what the org does not have, or does not show our user.
_CLOSED = frozenset({"INVALID_FIELD", "INVALID_TYPE", "INSUFFICIENT_ACCESS", "MALFORMED_QUERY"})
# Long enough that not each send costs a call that fails, short enough for an admin who gives the rights and looks.
_ASKED_AGAIN_AFTER = timedelta(minutes=3)
# An agent waits for the link, and its page gives up after 15 seconds: a slow org's lines are not worth that.
_WITHIN_S = 4.0
# So many ids stand in one query: an address of 16,384 characters is the most that Salesforce takes.
_MOST_IDS = 200


@dataclass(frozen=True)
class LinesInOrg:
    """The first lines of an order as (name, quantity, amount), each as the org has it, and how many there are in all."""

    values: Sequence[tuple[object, object, object]] = field(default=(), repr=False)
    count: int = 0


@dataclass
class _Together:
    """Orders whose lines are wanted in one go: those not asked about yet, and what was found of the others."""

    tenant_id: str
    left: list[str]
    found: dict[str, LinesInOrg] = field(default_factory=dict, repr=False)


class OrderLinesReader:
    """Reads lines in one call. An org that closes them to our user is asked again minutes later.

    ``read`` returns a resource of a tenant's org, by its path.
    """

    def __init__(self, *, read: Callable[..., dict[str, Any]], now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._lock = threading.Lock()
        self._closed: dict[tuple[str, LineFields], datetime] = {}
        # A batch is sent by one thread, one order after the other.
        self._mine = threading.local()

    @contextmanager
    def together(self, tenant: Tenant, order_ids: Sequence[str]) -> Iterator[None]:
        """Let the first order whose lines are asked for in this thread read those of all of them, at most 200 in a query."""
        self._mine.together = _Together(tenant.tenant_id, list(dict.fromkeys(order_ids)))
        try:
            yield
        finally:
            self._mine.together = None

    def of(self, tenant: Tenant, order_id: str) -> LinesInOrg:
        """Return an order's lines, oldest first; none where the mapping, or the org minutes ago, has closed them.

        Raises:
            SalesforceRefused: once in minutes where the org closes them; SalesforceUnavailable, TenantProblem.
        """
        fields = tenant.mapping.lines
        if fields is None or self._is_closed(tenant, fields):
            return LinesInOrg()
        together: _Together | None = getattr(self._mine, "together", None)
        if together is not None and together.tenant_id == tenant.tenant_id:
            if order_id in together.left and len(together.left) > 1:
                self._read_together(tenant, fields, together, order_id)
            if order_id in together.found:
                return together.found[order_id]
        return _lines_in(self._asked(tenant, fields, [order_id]), fields)

    def _read_together(self, tenant: Tenant, fields: LineFields, together: _Together, order_id: str) -> None:
        others = [one for one in together.left if one != order_id]
        asked = [order_id, *others[: _MOST_IDS - 1]]
        together.left = others[_MOST_IDS - 1 :]
        # Each send goes without its lines where they cannot be had: fifty of them must not wait for that fifty times.
        together.found |= dict.fromkeys(asked, LinesInOrg())
        try:
            answer = self._asked(tenant, fields, asked)
        except (UpstreamError, TenantProblem):
            together.left = []
            raise
        rows: dict[str, list[dict[str, Any]]] = {one: [] for one in asked}
        for row in answer.get("records") or []:
            rows.setdefault(str(value_at(row, fields.order)), []).append(row)
        if not answer.get("done", True):
            # The answer's page ends within an order, or before one: these, and all that come after them, are read alone.
            last = next((str(value_at(row, fields.order)) for row in reversed(answer.get("records") or [])), "")
            rows = {one: found for one, found in rows.items() if found and one != last}
            together.found = {one: found for one, found in together.found.items() if one not in asked}
        together.found |= {one: _lines_in({"records": found}, fields) for one, found in rows.items()}

    def _asked(self, tenant: Tenant, fields: LineFields, order_ids: Sequence[str]) -> dict[str, Any]:
        try:
            query = query_path(lines_query(fields, order_ids))
            return self._read(tenant, query, operation="read_order_lines", within=_WITHIN_S)
        except SalesforceRefused as refusal:
            if refusal.reason in _CLOSED:
                self._close(tenant, fields)
            raise

    def _is_closed(self, tenant: Tenant, fields: LineFields) -> bool:
        with self._lock:
            until = self._closed.get((tenant.tenant_id, fields))
        return until is not None and until > self._now()

    def _close(self, tenant: Tenant, fields: LineFields) -> None:
        now = self._now()
        with self._lock:
            self._closed = {key: until for key, until in self._closed.items() if until > now}
            self._closed[tenant.tenant_id, fields] = now + _ASKED_AGAIN_AFTER


def _lines_in(answer: dict[str, Any], fields: LineFields) -> LinesInOrg:
    rows, paths = answer.get("records") or [], (fields.name, fields.quantity, fields.amount)
    # The first page has more lines than anybody is shown; the size counts those of the other pages, too.
    size = answer.get("totalSize")
    values = [(value_at(row, paths[0]), value_at(row, paths[1]), value_at(row, paths[2])) for row in rows]
    return LinesInOrg(values, size if isinstance(size, int) else len(values))


def lines_query(fields: LineFields, order_ids: Sequence[str]) -> str:
    """Return the SOQL query for the lines of orders, those of each in the order in which they were added.

    Raises:
        ValueError: one of ``order_ids`` is not a Salesforce id; they go into SOQL, so nothing else may.
    """
    if not all(map(is_salesforce_id, order_ids)):
        raise ValueError("not a Salesforce id")
    columns = dict.fromkeys((fields.name, fields.quantity, fields.amount))
    if len(order_ids) == 1:
        return select(columns, fields.object, f"{fields.order} = '{order_ids[0]}'") + " ORDER BY CreatedDate, Id"
    found = select({fields.order: None, **columns}, fields.object, f"{fields.order} IN {listed(order_ids)}")
    return f"{found} ORDER BY {fields.order}, CreatedDate, Id"
