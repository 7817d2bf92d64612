"""Read how an org takes payment request records: its optional fields, its time zone, its agents' roles, its queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.domain.tenants.tenant import Tenant, long_id
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.salesforce.calls.composite import COLLECTION, first_page, queries_body
from connector.salesforce.metadata.describe import CACHED_FOR, ObjectDescription
from connector.salesforce.metadata.field_requirements import OPTIONAL_REQUEST_FIELDS
from connector.salesforce.orders.order_queries import value_at
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.orders.request_facts import NO_FACTS, RequestFacts, user_of
from foundation.log import get_logger

log = get_logger()
QUEUE = "Chat2Pay_Requests"
_AFTER_A_FAILURE = timedelta(minutes=1)
_LONGEST_TEAM = 80
_ZONE, _TEAMS, _QUEUE = "zone", "teams", "queue"
Composite = Callable[..., dict[str, Any]]


class RequestFactsReader:
    """Caches each org's facts for an hour in this process, so that a push makes no call for them."""

    def __init__(
        self,
        *,
        describe: Callable[..., ObjectDescription | None],
        composite: Composite,
        now: Callable[[], datetime],
    ) -> None:
        self._describe = describe
        self._composite = composite
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], tuple[datetime, Any]] = {}

    def of(self, tenant: Tenant, changes: Iterable[OrderChange]) -> RequestFacts:
        """Return an org's facts, with the teams of those who sent the requests that were never written.

        Raises:
            SalesforceUnavailable, OrgLimitReached: the org could not be asked, so it could not be written to either.
        """
        described = self._request_object(tenant)
        if described is None:
            return NO_FACTS
        names = frozenset(name for name in OPTIONAL_REQUEST_FIELDS if _may_write(described, tenant, name))
        takes_owner = is_writable(described, "OwnerId")
        wanted = _senders(changes) if "team" in names else set()
        self._read(tenant, wanted, reads_zone=bool(names & {"sent_date", "sent_hour"}))
        teams = {user: self._get(tenant, _TEAMS, user) for user in wanted}
        return RequestFacts(names, takes_owner, self._get(tenant, _ZONE), teams, self._get(tenant, _QUEUE))

    def queue_id(self, tenant: Tenant) -> str | None:
        """Return the id of the queue for requests without an owner of their own; None where the org has none."""
        if not self._has(tenant, _QUEUE):
            soql = f"SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = '{QUEUE}' LIMIT 1"  # noqa: S608 a constant
            rows = self._ask(tenant, {_QUEUE: soql})
            found = next(iter(rows.get(_QUEUE, [])), None) if rows is not None else None
            self._put(tenant, _QUEUE, found.get("Id") if found else None, failed=rows is None)
        queue_id: str | None = self._get(tenant, _QUEUE)
        return queue_id

    def look_again(self, tenant: Tenant) -> None:
        """Read the object's description again, because the org refused a field that it showed before."""
        try:
            self._describe(tenant, tenant.mapping.request_object, anew=True)
        except (UpstreamError, TenantProblem) as error:
            log.warning("request_facts_not_read", tenant=tenant.tenant_id, code=error.code.value)

    def _request_object(self, tenant: Tenant) -> ObjectDescription | None:
        try:
            return self._describe(tenant, tenant.mapping.request_object)
        except SalesforceRefused as error:
            # The record matters more than its optional fields; a refused write says by itself what is wrong.
            log.warning("request_facts_not_read", tenant=tenant.tenant_id, code=error.code.value)
            return None

    def _read(self, tenant: Tenant, users: Collection[str], *, reads_zone: bool) -> None:
        """Read in one call what is not cached."""
        unknown = sorted(user for user in users if not self._has(tenant, _TEAMS, user))
        asked = {}
        if reads_zone and not self._has(tenant, _ZONE):
            asked[_ZONE] = "SELECT TimeZoneSidKey FROM Organization LIMIT 1"
        # A push holds 600 requests at most, so with the zone these are four of the five queries that a call may hold.
        for start in range(0, len(unknown), COLLECTION):
            named = ", ".join(f"'{user}'" for user in unknown[start : start + COLLECTION])
            asked[f"{_TEAMS}{start}"] = f"SELECT Id, UserRole.Name FROM User WHERE Id IN ({named})"  # noqa: S608 checked ids
        if not asked:
            return
        answered = self._ask(tenant, asked)
        rows = answered or {}
        if _ZONE in asked:
            self._put(tenant, _ZONE, _zone_of(rows.get(_ZONE, [])), failed=answered is None)
        found = {long_id(row["Id"]): _team_of(row) for name in rows if name != _ZONE for row in rows[name]}
        for user in unknown:
            self._put(tenant, _TEAMS, found.get(user), key=user, failed=answered is None)

    def _ask(self, tenant: Tenant, named: dict[str, str]) -> dict[str, list[dict[str, Any]]] | None:
        """Return each query's rows, none for one that was refused; None where the org could not be asked."""
        body = queries_body(named, tenant.mapping.api_version)
        try:
            answer = self._composite(tenant, body, operation="read_request_facts")
        except (UpstreamError, TenantProblem) as error:
            log.warning("request_facts_not_read", tenant=tenant.tenant_id, code=error.code.value)
            return None
        return {name: first_page(name, answer).get("records", []) for name in named}

    def _has(self, tenant: Tenant, what: str, key: str = "") -> bool:
        with self._lock:
            known = self._known.get((tenant.tenant_id, what, key))
        return known is not None and known[0] > self._now()

    def _get(self, tenant: Tenant, what: str, key: str = "") -> Any:
        with self._lock:
            return self._known.get((tenant.tenant_id, what, key), (None, None))[1]

    def _put(self, tenant: Tenant, what: str, value: Any, *, key: str = "", failed: bool) -> None:
        now = self._now()
        with self._lock:
            # Expired entries go with every write, so that agents who left do not stay in memory.
            self._known = {name: known for name, known in self._known.items() if known[0] > now}
            self._known[tenant.tenant_id, what, key] = (now + (_AFTER_A_FAILURE if failed else CACHED_FOR), value)


def _senders(changes: Iterable[OrderChange]) -> set[str]:
    unwritten = (one for change in changes for one in change.every if one.reference in change.unwritten)
    return {user for one in unwritten if (user := user_of(one.requested_by.user_id))}


def _may_write(described: ObjectDescription, tenant: Tenant, name: str) -> bool:
    mapped = tenant.mapping.write_request.get(name)
    return mapped is not None and is_writable(described, mapped)


def is_writable(described: ObjectDescription, name: str) -> bool:
    """Return whether our user may create and edit a field."""
    found = described.field(name)
    return found is not None and found.createable and found.updateable


def _zone_of(rows: list[dict[str, Any]]) -> ZoneInfo | None:
    named = str(rows[0].get("TimeZoneSidKey") or "") if rows else ""
    try:
        return ZoneInfo(named) if named else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _team_of(row: dict[str, Any]) -> str | None:
    name = value_at(row, "UserRole.Name")
    return str(name)[:_LONGEST_TEAM] if name else None
