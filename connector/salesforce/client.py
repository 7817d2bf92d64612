"""Knows how Salesforce is called, as an agent or as ourselves; refuses to decide what is written.

simple-salesforce in direct mode over our own session. Its defects and where each is met: no time limits (PeerSession),
endless refresh and lost headers (direct mode never refreshes; ``_as_ourselves`` retries once), a record id that replaces
the host (ids are checked before they go into SOQL, and no record id goes into a URL), always https (PlainLoopback).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

import manifests
from connector.domain.order import Order
from connector.domain.tenant import Tenant
from connector.errors import OrgSessionExpired, SalesforceUnavailable, TenantProblem
from connector.http import PeerSession, calling_for
from connector.log import get_logger
from connector.salesforce.errors import RecordOutcome, call_error, record_outcome
from connector.salesforce.limits import Limits
from connector.salesforce.oauth import TokenProvider
from connector.salesforce.schemas import (
    OrderChange,
    OrderInOrg,
    access_query,
    order_query,
    order_record,
    orders_query,
    read_order,
    read_order_in_org,
    request_record,
)
from connector.settings import Secret

log = get_logger()
COLLECTION = 200
_LOOPBACK = ("localhost", "127.0.0.1")
_RULE_TEXT: str = manifests.load("salesforce/order_fields.json")["version_rule_text"]
Work = Callable[["Salesforce"], Any]

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce


@dataclass(frozen=True)
class RecordResult:
    """What became of one record, with Salesforce's error code where it has one."""

    outcome: RecordOutcome
    code: str | None = None


@dataclass(frozen=True)
class PushResult:
    """Per-record results of one call: orders by order id, payment requests by reference."""

    orders: dict[str, RecordResult]
    requests: dict[str, RecordResult]


class PlainLoopback(HTTPAdapter):
    """Lets the demo's org answer over plain http: simple-salesforce always says https. Refuses every other host."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Send over http what was addressed to https on this machine."""
        parts = urlsplit(request.url or "")
        if parts.hostname not in _LOOPBACK:
            raise requests.exceptions.InvalidURL("plain http is for this machine only")
        request.url = parts._replace(scheme="http").geturl()
        return super().send(request, *args, **options)


def allow_plain_loopback(session: PeerSession) -> None:
    """Mount the demo's adapter for this machine's names."""
    for host in _LOOPBACK:
        session.mount(f"https://{host}:", PlainLoopback())


class _Metered:
    """Shows every answer's limit header, failed answers included: simple-salesforce keeps it from successes only."""

    def __init__(self, session: PeerSession, note: Callable[[str | None], None]) -> None:
        self._session = session
        self._note = note
        self.proxies = session.proxies  # simple-salesforce looks at it

    def request(self, *args: Any, **options: Any) -> requests.Response:
        """Send, and show the header."""
        response = self._session.request(*args, **options)
        self._note(response.headers.get("Sforce-Limit-Info"))
        return response


class SalesforceClient:
    """One client for all tenants; each call carries its tenant."""

    def __init__(
        self,
        *,
        session: PeerSession,
        tokens: TokenProvider,
        allow_loopback: bool,
        limits: Limits,
        now: Callable[[], datetime],
    ) -> None:
        # Imported where the gateway is built: it costs a start-up more than all the rest of this folder.
        from simple_salesforce.api import Salesforce
        from simple_salesforce.exceptions import SalesforceError

        self._connect, self._library_error = Salesforce, SalesforceError
        self.limits = limits
        self._now = now
        self._session = session
        self._tokens = tokens
        self._allow_loopback = allow_loopback

    def read_order(self, tenant: Tenant, order_id: str, *, agent_token: Secret, now: datetime) -> Order | None:
        """Read an order with the agent's own token, in one call; None when this agent sees no such order.

        Raises:
            OrgSessionExpired: the agent's session is over; SalesforceUnavailable; SalesforceRefused.
        """
        query = order_query(tenant.mapping, order_id)
        return self._order(self._call(tenant, agent_token, "read_order", _query(query)), tenant, now)

    def read_order_as_ourselves(self, tenant: Tenant, order_id: str, *, now: datetime) -> Order | None:
        """Read an order as the integration user. Who may see it must be checked by other means."""
        query = order_query(tenant.mapping, order_id)
        return self._order(self._as_ourselves(tenant, "read_order", _query(query)), tenant, now)

    def orders_in_org(self, tenant: Tenant, order_ids: Sequence[str], *, now: datetime) -> dict[str, OrderInOrg]:
        """Read at most 200 orders as the integration user in one call, by order id; what is missing there is missing here."""
        answer = self._as_ourselves(tenant, "compare_orders", _query(orders_query(tenant.mapping, order_ids)))
        found = [read_order_in_org(row, tenant=tenant, read_at=now) for row in answer.get("records", [])]
        return {one.order.order_id: one for one in found}

    def may_edit(self, tenant: Tenant, *, user_id: str, order_id: str) -> bool:
        """Ask what a user may do with an order. Ignores restriction rules: second best after the agent's own token."""
        answer = self._as_ourselves(tenant, "check_access", _query(access_query(user_id, order_id)))
        return any(row.get("HasEditAccess") for row in answer.get("records", []))

    def check_login(self, tenant: Tenant) -> None:
        """Log in as ourselves and make one cheap call."""
        self._as_ourselves(tenant, "check_login", lambda org: org.query("SELECT Id FROM Organization LIMIT 1"))

    def push(self, tenant: Tenant, changes: Sequence[OrderChange]) -> PushResult:
        """Write orders and their changed requests in one Composite call, and read every record's result.

        At most 400 orders and 600 requests: five collections.
        Raises: OrgLimitReached, SalesforceUnavailable, SalesforceRefused: for the whole call.
        """
        calls = list(_collections(tenant, changes))
        body = {
            "allOrNone": False,
            "collateSubrequests": False,
            "compositeRequest": [call.subrequest(tenant.mapping.api_version) for call in calls],
        }
        answer = self._as_ourselves(tenant, "push_order_changes", _composite(body))
        by_id = {part.get("referenceId"): part for part in answer.get("compositeResponse") or []}
        result = PushResult(orders={}, requests={})
        for call in calls:
            call.sort_into(result, by_id.get(call.name))
        return result

    def _order(self, answer: dict[str, Any], tenant: Tenant, now: datetime) -> Order | None:
        rows = answer.get("records", [])
        return read_order(rows[0], tenant=tenant, read_at=now) if rows else None

    def _as_ourselves(self, tenant: Tenant, operation: str, work: Work) -> dict[str, Any]:
        self._host(tenant)  # before a login sends the client secret there
        token = self._tokens.token(tenant)
        try:
            return self._call(tenant, token, operation, work)
        except OrgSessionExpired:
            log.info("salesforce_session_expired", tenant=tenant.tenant_id)
            return self._call(tenant, self._tokens.token(tenant, refused=token), operation, work)

    def _call(self, tenant: Tenant, token: Secret, operation: str, work: Work) -> dict[str, Any]:
        org = self._connect(
            session_id=token.value,
            instance_url=self._host(tenant),
            version=tenant.mapping.api_version,
            session=_Metered(self._session, self._note(tenant)),  # type: ignore[arg-type]
            parse_float=Decimal,
        )
        try:
            with calling_for(operation):
                answer = work(org)
        except (self._library_error, requests.RequestException, ValueError) as fault:
            raise call_error(fault, operation) from fault
        if not isinstance(answer, dict):
            raise SalesforceUnavailable("Salesforce's answer could not be read.", operation=operation)
        return answer

    def _note(self, tenant: Tenant) -> Callable[[str | None], None]:
        return lambda header: self.limits.note(tenant.tenant_id, header, now=self._now())

    def _host(self, tenant: Tenant) -> str:
        """The host comes from the tenant row, and must be a My Domain host."""
        parts = urlsplit(tenant.salesforce.host_url)
        loopback = self._allow_loopback and parts.hostname in _LOOPBACK
        if not loopback and (parts.scheme != "https" or not (parts.hostname or "").endswith(".my.salesforce.com")):
            raise TenantProblem("The Salesforce address of this tenant is not a My Domain address.")
        return tenant.salesforce.host_url


@dataclass(frozen=True)
class _Collection:
    """One subrequest of a Composite call: up to 200 records of one type, and the keys their results are filed under."""

    name: str
    path: str
    records: list[dict[str, Any]]
    keys: list[str]
    are_orders: bool

    def subrequest(self, api_version: str) -> dict[str, Any]:
        url = f"/services/data/v{api_version}/composite/sobjects{self.path}"
        return {
            "method": "PATCH",
            "url": url,
            "referenceId": self.name,
            "body": {"allOrNone": False, "records": self.records},
        }

    def sort_into(self, result: PushResult, part: dict[str, Any] | None) -> None:
        filed = result.orders if self.are_orders else result.requests
        status = int(part.get("httpStatusCode", 0)) if part else 0
        body = part.get("body") if part else None
        if status == 200 and isinstance(body, list) and len(body) == len(self.keys):
            filed.update({key: _record_result(record) for key, record in zip(self.keys, body, strict=True)})
            return
        # The subrequest failed as a whole: each of its records shares that fate.
        outcome, code = record_outcome(body, version_rule_text=_RULE_TEXT)
        if status == 0 or status >= 500:
            outcome = RecordOutcome.PASSING
        filed.update(dict.fromkeys(self.keys, RecordResult(outcome, code)))


def _collections(tenant: Tenant, changes: Sequence[OrderChange]) -> Iterator[_Collection]:
    """Requests first: the request record is the primary one, the order's fields are its copy."""
    mapping = tenant.mapping
    changed = [request for change in changes for request in change.requests]
    for start in range(0, len(changed), COLLECTION):
        some = changed[start : start + COLLECTION]
        yield _Collection(
            name=f"requests{start}",
            path=f"/{mapping.request_object}/{mapping.request_external_id}",
            records=[request_record(one, mapping, environment=tenant.core.environment) for one in some],
            keys=[one.reference for one in some],
            are_orders=False,
        )
    for start in range(0, len(changes), COLLECTION):
        few = changes[start : start + COLLECTION]
        yield _Collection(
            name=f"orders{start}",
            path="",
            records=[order_record(change, mapping) for change in few],
            keys=[change.order_id for change in few],
            are_orders=True,
        )


def _record_result(record: dict[str, Any]) -> RecordResult:
    if record.get("success"):
        return RecordResult(RecordOutcome.WRITTEN)
    return RecordResult(*record_outcome(record.get("errors"), version_rule_text=_RULE_TEXT))


def _query(soql: str) -> Work:
    return lambda org: org.query(soql)


def _composite(body: dict[str, Any]) -> Work:
    return lambda org: org.restful("composite", method="POST", json=body) or {}
