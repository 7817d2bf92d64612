"""Read how an org takes payment request records: its optional fields, its time zone, its agents' roles, its queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.domain.tenants.tenant import Tenant, long_id
from connector.errors import SalesforceRefused, TenantProblem, UpstreamError
from connector.salesforce.calls.composite import COLLECTION, first_page, query_path, read_part, reads_body
from connector.salesforce.metadata.describe import CACHED_FOR, Descriptions, ObjectDescription, fetch_description
from connector.salesforce.metadata.field_requirements import OPTIONAL_REQUEST_FIELDS
from connector.salesforce.orders.order_queries import value_at
from connector.salesforce.orders.order_record import OrderChange
from connector.salesforce.orders.request_facts import NO_FACTS, RequestFacts, user_of
from foundation.log import get_logger
from foundation.single_flight import SingleFlight

log = get_logger()
QUEUE = "Chat2Pay_Requests"
_AFTER_A_FAILURE = timedelta(minutes=1)
_LONGEST_TEAM = 80
_OPERATION = "read_request_facts"
_OBJECT, _ZONE, _TEAMS, _QUEUE, _REFUSED = "object", "zone", "teams", "queue", "refused"
_SENDING_TIMES = frozenset({"sent_date", "sent_hour"})
Composite = Callable[..., dict[str, Any]]


class RequestFactsReader:
    """Caches each org's facts for an hour in this process, so that a push makes no call for them."""

    def __init__(self, *, descriptions: Descriptions, composite: Composite, now: Callable[[], datetime]) -> None:
        self._descriptions = descriptions
        self._composite = composite
        self._now = now
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, str], tuple[datetime, Any]] = {}
        self._reads = SingleFlight()

    def of(self, tenant: Tenant, changes: Iterable[OrderChange], *, with_queue: bool = False) -> RequestFacts:
        """Return an org's facts, with the teams of those who sent the requests that were never written.

        ``with_queue``: with the queue for requests without an owner of their own, where the org has it. It is read, too, where
        one of the senders was refused as owner within the hour.

        Raises:
            UpstreamError, TenantProblem: the org could not be asked, so it could not be written to either.
        """
        users, refused = _senders(changes), frozenset(self.refused_owners(tenant))
        with_queue = with_queue or not refused.isdisjoint(users)
        # Pushes that begin at once read once; what else one of them needs than the first, it reads afterwards.
        self._reads.run(tenant.tenant_id, partial(self._read, tenant, users, with_queue=with_queue))
        self._read(tenant, users, with_queue=with_queue)
        described = self._descriptions.cached(tenant, tenant.mapping.request_object)
        if described is None:
            return NO_FACTS
        names = _writable(described, tenant)
        teams = {user: self._get(tenant, _TEAMS, user) for user in users} if "team" in names else {}
        queue_id = self._get(tenant, _QUEUE)
        return RequestFacts(
            names=names,
            takes_owner=is_writable(described, "OwnerId"),
            zone=self._get(tenant, _ZONE),
            teams=teams,
            queue_id=None if queue_id in refused else queue_id,
            refused_owners=refused,
        )

    def queue_id(self, tenant: Tenant) -> str | None:
        """Return the id of the queue as it was read last; None where it was not, or the org has none."""
        queue_id: str | None = self._get(tenant, _QUEUE)
        return queue_id

    def refused_owners(self, tenant: Tenant) -> dict[str, str]:
        """Return whom the org refused as owner within the hour, users and the queue: its codes by their ids."""
        now = self._now()
        with self._lock:
            return {
                owner: code
                for (tenant_id, what, owner), (until, code) in self._known.items()
                if tenant_id == tenant.tenant_id and what == _REFUSED and until > now
            }

    def note_refused_owner(self, tenant: Tenant, owner_id: str, code: str) -> None:
        """Remember for an hour, in this process, that the org refuses an owner: each push would pay two calls to learn it."""
        self._put(tenant, _REFUSED, code, key=owner_id, failed=False)

    def look_again(self, tenant: Tenant) -> None:
        """Read the object's description again, because the org refused a field that it showed before."""
        try:
            self._descriptions.get(tenant, tenant.mapping.request_object, anew=True)
        except (UpstreamError, TenantProblem) as error:
            log.warning("request_facts_not_read", tenant=tenant.tenant_id, code=error.code.value)

    def _read(self, tenant: Tenant, users: Collection[str], *, with_queue: bool) -> None:
        """Read in one call what is not cached."""
        unknown = sorted(user for user in users if not self._has(tenant, _TEAMS, user))
        asked = dict(self._due_reads(tenant, unknown, with_queue=with_queue))
        if not asked:
            return
        answer = self._ask(tenant, asked)
        if _OBJECT in asked and answer is not None:
            self._take_description(tenant, answer)
        rows = {name: first_page(name, answer or {}).get("records", []) for name in asked if name != _OBJECT}
        self._take_rows(tenant, unknown, rows, failed=answer is None)

    def _take_rows(
        self, tenant: Tenant, users: Sequence[str], rows: dict[str, list[dict[str, Any]]], *, failed: bool
    ) -> None:
        """Cache what the queries found; that a query failed or found nothing is cached, too."""
        if _ZONE in rows:
            self._put(tenant, _ZONE, _zone_of(rows[_ZONE]), failed=failed)
        if _QUEUE in rows:
            self._put(tenant, _QUEUE, rows[_QUEUE][0].get("Id") if rows[_QUEUE] else None, failed=failed)
        teams = [name for name in rows if name.startswith(_TEAMS)]
        if not teams:
            return
        found = {long_id(row["Id"]): _team_of(row) for name in teams for row in rows[name]}
        for user in users:
            self._put(tenant, _TEAMS, found.get(user), key=user, failed=failed)

    def _due_reads(self, tenant: Tenant, users: Sequence[str], *, with_queue: bool) -> Iterator[tuple[str, str]]:
        """Yield the name and the path of each read that is due; ``users``: those whose teams are not cached.

        Before the object is described, every optional field of the mapping counts as there: its values then need no second call.
        """
        name = tenant.mapping.request_object
        is_known = self._descriptions.knows(tenant, name)
        if not is_known and self._has(tenant, _OBJECT):
            return  # a moment ago the description was refused
        if not is_known:
            yield _OBJECT, f"sobjects/{name}/describe"
        names = _writable(self._descriptions.cached(tenant, name), tenant) if is_known else _mapped(tenant)
        if names & _SENDING_TIMES and not self._has(tenant, _ZONE):
            yield _ZONE, query_path("SELECT TimeZoneSidKey FROM Organization LIMIT 1")
        if with_queue and not self._has(tenant, _QUEUE):
            soql = f"SELECT Id FROM Group WHERE Type = 'Queue' AND DeveloperName = '{QUEUE}' LIMIT 1"  # noqa: S608 a constant
            yield _QUEUE, query_path(soql)
        # A push holds 600 requests at most, so with the zone and the queue these are the five queries that a call may hold.
        for start in range(0, len(users) if "team" in names else 0, COLLECTION):
            named = ", ".join(f"'{user}'" for user in users[start : start + COLLECTION])
            soql = f"SELECT Id, UserRole.Name FROM User WHERE Id IN ({named})"  # noqa: S608 checked ids
            yield f"{_TEAMS}{start}", query_path(soql)

    def _ask(self, tenant: Tenant, paths: dict[str, str]) -> dict[str, Any] | None:
        """Return the answer to several reads; None where the org could not be asked, and the push can do without."""
        try:
            return self._composite(tenant, reads_body(paths, tenant.mapping.api_version), operation=_OPERATION)
        except (UpstreamError, TenantProblem) as error:
            if _OBJECT in paths:
                raise  # the push is a call of the same kind, and would end as this one
            log.warning("request_facts_not_read", tenant=tenant.tenant_id, code=error.code.value)
            return None

    def _take_description(self, tenant: Tenant, answer: dict[str, Any]) -> None:
        """Cache the description in an answer; where it was refused, cache that for a moment."""
        name = tenant.mapping.request_object
        try:
            found = fetch_description(lambda _: read_part(_OBJECT, answer, operation=_OPERATION), name)
        except SalesforceRefused as error:
            # The record matters more than its optional fields; a refused write says by itself what is wrong.
            log.warning("request_facts_not_read", tenant=tenant.tenant_id, code=error.code.value)
            self._put(tenant, _OBJECT, None, failed=True)
            return
        self._descriptions.keep(tenant, name, found)

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


def _mapped(tenant: Tenant) -> frozenset[str]:
    return frozenset(name for name in OPTIONAL_REQUEST_FIELDS if tenant.mapping.write_request.get(name))


def _writable(described: ObjectDescription | None, tenant: Tenant) -> frozenset[str]:
    """Return our names of the optional fields that our user may write."""
    if described is None:
        return frozenset()
    write = tenant.mapping.write_request
    return frozenset(name for name in _mapped(tenant) if is_writable(described, str(write[name])))


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
