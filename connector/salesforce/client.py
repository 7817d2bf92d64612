"""The client for Salesforce orgs, for calls with an agent's own token and for calls as the integration user.

simple-salesforce in direct mode over our own session. Its defects and where each is handled: no time limits (PeerSession),
endless refresh and lost headers (direct mode never refreshes; ``_as_ourselves`` retries once), a record id that replaces
the host (ids are checked before they go into SOQL, and no record id goes into a URL), always https (PlainLoopback).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import requests

from connector.domain.payments.order import Order
from connector.domain.tenants.tenant import Tenant
from connector.errors import OrgSessionExpired, SalesforceRefused, SalesforceUnavailable, TenantProblem
from connector.salesforce.auth.login import login_answer
from connector.salesforce.auth.token_provider import TokenProvider
from connector.salesforce.calls import rest_calls
from connector.salesforce.calls.api_allowance import ApiLimits, LimitRecorder
from connector.salesforce.calls.call_outcomes import CallObserver, ignore_outcome
from connector.salesforce.calls.composite import (
    COLLECTION,
    Collection,
    PushResult,
    collections_of,
    composite_body,
    queries_body,
    read_results,
    read_rows,
    withheld_results,
)
from connector.salesforce.calls.list_answers import posted
from connector.salesforce.calls.order_lines import OrderLinesReader
from connector.salesforce.calls.request_facts_reader import RequestFactsReader
from connector.salesforce.calls.rest_calls import Call, Work
from connector.salesforce.errors.calls import REFUSED_IDS, answer_error, no_answer_error
from connector.salesforce.metadata.describe import Descriptions, ObjectDescription
from connector.salesforce.metadata.labels import in_labels
from connector.salesforce.my_domain import check_my_domain
from connector.salesforce.orders.country_fields import CountryFields
from connector.salesforce.orders.order_queries import (
    OrderInOrg,
    access_query,
    order_query,
    orders_query,
    read_order,
    read_order_in_org,
)
from connector.salesforce.orders.order_record import OrderChange, OrderTarget, order_target
from connector.salesforce.orders.request_facts import NO_FACTS, RequestFacts
from foundation.exact_json import exact_number
from foundation.http.session import PeerSession, calling_for
from foundation.log import get_logger
from foundation.secret import Secret
from manifests.core_hosts import is_vendors_core

log = get_logger()
# A Composite call takes five queries; each of ours names as many ids as a collection has records.
MOST_READ = 5 * COLLECTION

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce
    from simple_salesforce.exceptions import SalesforceError


class SalesforceClient:
    """One client for all tenants; each call carries its tenant."""

    def __init__(
        self,
        *,
        session: PeerSession,
        tokens: TokenProvider,
        allow_loopback: bool,
        limits: ApiLimits,
        now: Callable[[], datetime],
        on_end: CallObserver = ignore_outcome,
    ) -> None:
        """``on_end`` receives the outcome of each call: its error or None, and whether it was an agent's."""
        self._on_end = on_end
        self.limits = limits
        self._now = now
        self._session = session
        self._tokens = tokens
        self._allow_loopback = allow_loopback
        describe = partial(self.read, operation="describe")
        self._descriptions = Descriptions(describe, now=now)
        self.request_facts = RequestFactsReader(descriptions=self._descriptions, composite=self.composite, now=now)
        self.countries = CountryFields(describe=self.describe, read=describe, now=now)
        self.lines = OrderLinesReader(read=self.read, now=now)

    def read_order(
        self, tenant: Tenant, order_id: str, *, agent_token: Secret, user_id: str, now: datetime
    ) -> Order | None:
        """Read an order with the agent's own token, in one call; None when this agent sees no such order.

        The first call of an hour describes the org's fields before it, and once more where this agent sees fewer than we do.

        Raises:
            OrgSessionExpired: the agent's session is over; SalesforceUnavailable; SalesforceRefused.
        """
        return self._read_one(tenant, order_id, self.as_agent(tenant, agent_token), reader=user_id, now=now)

    def as_agent(self, tenant: Tenant, agent_token: Secret) -> Call:
        """Return how to call with an agent's own token, which raises OrgSessionExpired once that is over."""
        return partial(self._call, tenant, agent_token, as_agent=True)

    def read_order_as_ourselves(self, tenant: Tenant, order_id: str, *, now: datetime) -> Order | None:
        """Read an order as the integration user. The caller checks by other means who may see it."""
        return self._read_one(tenant, order_id, partial(self._as_ourselves, tenant), reader=None, now=now)

    def orders_in_org(self, tenant: Tenant, order_ids: Sequence[str], *, now: datetime) -> dict[str, OrderInOrg]:
        """Read one to ``MOST_READ`` orders as the integration user in one call, by order id.

        An order that the org does not show is missing from the result.
        """
        target = self.target(tenant)
        parts = [order_ids[start : start + COLLECTION] for start in range(0, len(order_ids), COLLECTION)]
        asked = {f"orders{place}": orders_query(tenant.mapping, target, part) for place, part in enumerate(parts)}
        if len(asked) == 1:
            rows = self.query(tenant, asked["orders0"], operation="compare_orders")
        else:
            every = self.queries(tenant, asked, operation="compare_orders")
            rows = [row for some in every.values() for row in some]
        found = [read_order_in_org(row, tenant=tenant, target=target, read_at=now) for row in rows]
        return {one.order.order_id: replace(one, order=in_labels(one.order, tenant, self.describe)) for one in found}

    def may_edit(self, tenant: Tenant, *, user_id: str, order_id: str) -> bool:
        """Return whether a user may edit an order, by UserRecordAccess, which ignores restriction rules."""
        answer = self._as_ourselves(tenant, "check_access", rest_calls.query(access_query(user_id, order_id)))
        return any(row.get("HasEditAccess") for row in answer.get("records", []))

    def try_login(self, tenant: Tenant) -> Secret:
        """Log in with the tenant's values, ignoring stored tokens, and make one cheap call; return the token, stored nowhere.

        Raises:
            TenantProblem ``wrong_org``: the keys open another org than the tenant's; SalesforceRefused; SalesforceUnavailable.
        """
        self._host(tenant)
        token = self._tokens.try_login(tenant)
        self._call(tenant, token, "check_login", rest_calls.query("SELECT Id FROM Organization LIMIT 1"))
        return token

    def ask_login(self, tenant: Tenant) -> dict[str, Any]:
        """Log in with the tenant's values and return the whole answer, whichever org it opens; store nothing.

        Raises:
            LoginFailed: there is no token.
        """
        self._host(tenant)
        return login_answer(tenant, session=self._session, now=self._now())

    def keep_login(self, tenant: Tenant, token: Secret) -> None:
        """Store the token that ``try_login`` returned, for later calls."""
        self._tokens.keep(tenant, token)

    def push(self, tenant: Tenant, changes: Sequence[OrderChange], facts: RequestFacts = NO_FACTS) -> PushResult:
        """Write at most 400 orders and 600 changed requests in one Composite call, and read every record's result.

        Raises:
            OrgLimitReached, SalesforceUnavailable, SalesforceRefused: for the whole call.
        """
        target = self.target(tenant)
        sent = list(collections_of(tenant, target, changes, facts))
        body = composite_body(sent, tenant.mapping.api_version)
        result = read_results(sent, self.composite(tenant, body, operation="push_order_changes") if sent else {})
        result.orders.update(withheld_results(target, changes))
        return result

    def write(self, tenant: Tenant, records: Collection, *, operation: str) -> PushResult:
        """Write one collection in one call, and read every record's result."""
        answer = self.composite(tenant, composite_body([records], tenant.mapping.api_version), operation=operation)
        return read_results([records], answer)

    def query(self, tenant: Tenant, soql: str, *, operation: str) -> list[dict[str, Any]]:
        """Return a query's rows, read as the integration user; ids in ``soql`` must have been checked."""
        rows: list[dict[str, Any]] = self._as_ourselves(tenant, operation, rest_calls.query(soql)).get("records", [])
        return rows

    def queries(self, tenant: Tenant, named: dict[str, str], *, operation: str) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of at most five queries by their names, read as the integration user in one call.

        Raises:
            SalesforceRefused: one of them was refused; ``reason`` is Salesforce's code.
        """
        answer = self.composite(tenant, queries_body(named, tenant.mapping.api_version), operation=operation)
        return read_rows(named, answer, operation=operation)

    def composite(self, tenant: Tenant, body: dict[str, Any], *, operation: str) -> dict[str, Any]:
        """Return the whole answer to one Composite call, made as the integration user."""
        return self._as_ourselves(tenant, operation, rest_calls.composite(body))

    def read(self, tenant: Tenant, path: str, *, operation: str, within: float | None = None) -> dict[str, Any]:
        """Return one resource below ``/services/data/vNN.N/``, such as ``limits`` or ``sobjects/Order/describe``.

        ``within``: seconds for the call, where it is worth less time than others.
        """
        return self._as_ourselves(tenant, operation, rest_calls.get(path, within=within))

    def post(self, tenant: Tenant, path: str, body: dict[str, Any], *, operation: str) -> list[Any]:
        """Return the list that a resource answers with, as the integration user; an answer of another shape is empty."""
        return list(self._as_ourselves(tenant, operation, posted(path, body))["results"])

    def describe(self, tenant: Tenant, name: str, *, anew: bool = False) -> ObjectDescription | None:
        """Return the org's description of an object as the integration user sees it, cached for an hour; None: no such object."""
        return self._descriptions.get(tenant, name, anew=anew)

    def target(self, tenant: Tenant) -> OrderTarget:
        """Return the record that takes payment fields. A summary is described first: orgs differ in its fields."""
        mapping = tenant.mapping
        return order_target(mapping, self.describe(tenant, mapping.order_object) if mapping.original else None)

    def _read_one(
        self, tenant: Tenant, order_id: str, call: Call, *, reader: str | None, now: datetime
    ) -> Order | None:
        """Read one order; None where there is none of that id."""
        # A core of our own gets the id of who pays.
        soql = partial(order_query, tenant.mapping, order_id, contact=not is_vendors_core(tenant.core.base_url))
        soql()  # raises for a malformed id before any call
        try:
            answer = self.countries.ask_with(
                tenant,
                lambda countries: call("read_order", rest_calls.query(soql(countries=countries))),
                reader=reader,
                read=lambda path: call("describe", rest_calls.get(path)),
            )
        except SalesforceRefused as error:
            # The id is the query's only filter: where Salesforce refuses the filter, the id belongs to no order.
            if error.reason not in REFUSED_IDS:
                raise
            return None
        rows = answer.get("records", [])
        return in_labels(read_order(rows[0], tenant=tenant, read_at=now), tenant, self.describe) if rows else None

    def _as_ourselves(self, tenant: Tenant, operation: str, work: Work) -> dict[str, Any]:
        self._host(tenant)  # checked before a login sends the client secret to it
        token = self._tokens.token(tenant)
        try:
            return self._call(tenant, token, operation, work)
        except OrgSessionExpired:
            log.info("salesforce_session_expired", tenant=tenant.tenant_id)
        fresh = self._tokens.token(tenant, refused=token)
        try:
            return self._call(tenant, fresh, operation, work)
        except OrgSessionExpired as error:
            self._tokens.distrust(tenant, fresh)
            self._on_end(tenant, error, as_agent=False)
            raise

    def _call(
        self, tenant: Tenant, token: Secret, operation: str, work: Work, *, as_agent: bool = False
    ) -> dict[str, Any]:
        connect, library_error = _library()
        org = connect(
            session_id=token.value,
            instance_url=self._host(tenant),
            version=tenant.mapping.api_version,
            session=LimitRecorder(self._session, self._note(tenant)),  # type: ignore[arg-type]
            parse_float=exact_number,
        )
        try:
            with calling_for(operation):
                answer = work(org)
        except (library_error, requests.RequestException, ValueError) as fault:
            error = no_answer_error(operation)
            if isinstance(fault, library_error):
                error = answer_error(int(fault.status), fault.content, operation)
            if not isinstance(error, OrgSessionExpired):  # not an outcome yet: the caller renews the session
                self._on_end(tenant, error, as_agent=as_agent)
            raise error from fault
        self._on_end(tenant, None, as_agent=as_agent)
        if not isinstance(answer, dict):
            raise SalesforceUnavailable("Salesforce's answer could not be read.", operation=operation)
        return answer

    def _note(self, tenant: Tenant) -> Callable[[str | None], None]:
        return lambda header: self.limits.note(tenant.tenant_id, header, now=self._now())

    def _host(self, tenant: Tenant) -> str:
        """Return the org's address from the tenant row, which must be a My Domain address."""
        try:
            check_my_domain(tenant.salesforce.host_url, allow_loopback=self._allow_loopback)
        except ValueError as error:
            problem = TenantProblem("The Salesforce address of this tenant is not a My Domain address.")
            raise problem.with_sentence("setup_wrong") from error
        return tenant.salesforce.host_url


@cache
def _library() -> tuple[type[Salesforce], type[SalesforceError]]:
    """Import the library at the first call: with zeep and lxml it takes 9 MiB, an eighth of an idle server's memory."""
    from simple_salesforce.api import Salesforce  # noqa: PLC0415
    from simple_salesforce.exceptions import SalesforceError  # noqa: PLC0415

    return Salesforce, SalesforceError
