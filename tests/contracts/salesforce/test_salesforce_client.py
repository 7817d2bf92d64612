"""Salesforce on the wire: one call where one is enough, ids that stay ids, and a result for every record."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connector.domain.health.finding import Finding
from connector.domain.health.push_refusal import RefusedPart
from connector.domain.payments.balance import balance_of
from connector.domain.payments.status import Link, Money, States
from connector.domain.tenants.tenant import Tenant
from connector.domain.tenants.token import LoginFailure, MayLogIn, StoredToken, TokenClaim
from connector.errors import (
    OrgLimitReached,
    OrgSessionExpired,
    SalesforceRefused,
    SalesforceUnavailable,
    TenantProblem,
    UpstreamError,
)
from connector.salesforce.auth.token_provider import TokenProvider
from connector.salesforce.calls.api_allowance import ApiLimits
from connector.salesforce.calls.composite import PushResult
from connector.salesforce.calls.plain_loopback import PlainLoopback, allow_plain_loopback
from connector.salesforce.client import SalesforceClient
from connector.salesforce.errors.codes import RecordOutcome
from connector.salesforce.errors.records import RecordResult
from connector.salesforce.orders.order_record import OrderChange
from foundation.http.session import NoAnswer, PeerSession, RequestNotSent
from foundation.secret import Secret
from tests.captured_logs import capture_logs
from tests.factories import HOST, make_tenant
from tests.unit.examples import make_order, make_request

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
# Countries are read where the org has them: tests of their own, tests/journeys/launching/test_country_fields.py.
TENANT = make_tenant(mapping={"read": {"country": []}})
AGENT = "005xx000001X8UzAAK"
ORDER, USER = "801xx0000001gEhAAI", "005xx000001X8UzAAK"
VERSION = TENANT.mapping.api_version
QUERY, TOKEN = f"{HOST}/services/data/v{VERSION}/query/", f"{HOST}/services/oauth2/token"
COMPOSITE = f"{HOST}/services/data/v{VERSION}/composite"
EXPIRED = [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


class Shelf:
    """Where tokens rest, in memory; what is remembered of failures is a matter of the real one."""

    def __init__(self) -> None:
        self.tokens: dict[str, Secret] = {}
        self.failures: list[LoginFailure] = []

    def claim(self, tenant_id: str, *, refused: Secret | None, now: datetime, lease: timedelta) -> TokenClaim:
        kept = self.tokens.get(tenant_id)
        return StoredToken(kept) if kept is not None and kept != refused else MayLogIn("lease")

    def keep(self, tenant_id: str, token: Secret, *, now: datetime, lease: str | None = None) -> bool:
        self.tokens[tenant_id] = token
        return True

    def fail(
        self, tenant_id: str, failure: LoginFailure, *, lease: str, finding: Finding | None, now: datetime
    ) -> None:
        self.failures.append(failure)

    def distrust(self, tenant_id: str, token: Secret, *, now: datetime) -> None:
        self.failures.append(LoginFailure.TOKENS_REFUSED)


def client_over(session: PeerSession, *, shelf: Shelf | None = None, **options: Any) -> SalesforceClient:
    tokens = TokenProvider(session=session, store=shelf or Shelf(), now=lambda: NOW)
    given = {"allow_loopback": False, **options}
    return SalesforceClient(session=session, tokens=tokens, limits=ApiLimits(), now=lambda: NOW, **given)


@pytest.fixture
def org() -> Iterator[SalesforceClient]:
    with PeerSession(peer="salesforce", total_timeout=2, repeat_reads=False) as session:
        yield client_over(session)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def logins(wire: responses.RequestsMock) -> responses.RequestsMock:
    """Every login gives another token."""
    for serial in range(1, 6):
        wire.post(
            TOKEN,
            json={
                "access_token": f"token-{serial}",
                "instance_url": "https://evil.example",
                "id": f"https://login.salesforce.com/id/{TENANT.org_id}/{USER}",
                "token_type": "Bearer",
            },
        )
    return wire


def row(**fields: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "Order"},
        "Id": ORDER,
        "OrderNumber": "00000102",
        "TotalAmount": 115.0,
        "Grand_Total__c": None,
        **fields,
    }


def rows(*records: dict[str, Any]) -> dict[str, Any]:
    return {"totalSize": len(records), "done": True, "records": list(records)}


def bearers(wire: responses.RequestsMock, url: str) -> list[str]:
    return [str(call.request.headers["Authorization"]) for call in wire.calls if str(call.request.url).startswith(url)]


class TestReading:
    def test_an_order_is_read_in_one_query_with_the_agents_own_token(
        self, org: SalesforceClient, wire: responses.RequestsMock
    ) -> None:
        wire.get(QUERY, json=rows(row()))
        order = org.read_order(TENANT, ORDER, agent_token=Secret("agent-session"), user_id=AGENT, now=NOW)
        assert order is not None
        assert (order.order_id, order.number, order.total, order.read_at) == (ORDER, "00000102", Decimal("115.00"), NOW)
        (call,) = wire.calls
        assert call.request.headers["Authorization"] == "Bearer agent-session"
        soql = parse_qs(urlsplit(str(call.request.url)).query)["q"][0]
        assert soql == (
            "SELECT Id, OrderNumber, AccountId, Grand_Total__c, Tax__c, Sub_Total__c, Currency__c, TotalAmount, Status, "
            f"BillToContact.MobilePhone, BillToContact.Phone, Account.Phone FROM Order WHERE Id = '{ORDER}' LIMIT 1"
        )

    def test_an_order_that_this_agent_does_not_see_is_none(
        self, org: SalesforceClient, wire: responses.RequestsMock
    ) -> None:
        wire.get(QUERY, json=rows())
        assert org.read_order(TENANT, ORDER, agent_token=Secret("agent-session"), user_id=AGENT, now=NOW) is None

    def test_an_amount_keeps_the_digits_that_salesforce_wrote(
        self, org: SalesforceClient, wire: responses.RequestsMock
    ) -> None:
        wire.get(
            QUERY, body=json.dumps(rows(row())).replace("115.0", "99999999999999.99"), content_type="application/json"
        )
        order = org.read_order(TENANT, ORDER, agent_token=Secret("x"), user_id=AGENT, now=NOW)
        assert order is not None
        assert order.total == Decimal("99999999999999.99")

    def test_lines_get_less_time_than_all_else_because_an_agent_waits_for_the_link(
        self, wire: responses.RequestsMock, logins: responses.RequestsMock
    ) -> None:
        wire.get(QUERY, json=rows())
        wire.get(QUERY.rstrip("/"), json=rows())
        with PeerSession(peer="salesforce", total_timeout=15) as session:
            org = client_over(session)
            org.lines.of(TENANT, ORDER)
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        asked = [call.request for call in wire.calls if call.request.method == "GET"]
        # responses keeps what requests was given beside each request it answers.
        of_lines, of_rights = (one.req_kwargs["timeout"] for one in asked)  # type: ignore[attr-defined]
        assert (of_lines, of_rights) == ((1.0, 2.0), (3.0, 7.5))

    @pytest.mark.parametrize(
        ("record", "may"),
        [({"HasEditAccess": True}, True), ({"HasEditAccess": False, "HasReadAccess": True}, False), (None, False)],
    )
    def test_second_best_is_to_ask_what_a_user_may_do(
        self, org: SalesforceClient, logins: responses.RequestsMock, record: dict[str, Any] | None, may: bool
    ) -> None:
        logins.get(QUERY, json=rows(*([record] if record else [])))
        assert org.may_edit(TENANT, user_id=USER, order_id=ORDER) is may
        soql = parse_qs(urlsplit(str(logins.calls[-1].request.url)).query)["q"][0]
        assert soql.endswith(f"FROM UserRecordAccess WHERE UserId = '{USER}' AND RecordId = '{ORDER}'")

    def test_several_orders_are_compared_in_one_query(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, json=rows(row(Chat2Pay_Version__c=7.0)))
        found = org.orders_in_org(TENANT, [ORDER, "801xx0000002AbCAAU"], now=NOW)
        assert {order_id: one.version for order_id, one in found.items()} == {ORDER: 7}
        assert bearers(logins, QUERY) == ["Bearer token-1"]


class TestLines:
    def test_every_call_and_every_login_leaves_one_line_that_names_nobody(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, json=rows(row()))
        logins.post(COMPOSITE, status=503, json=[{"errorCode": "SERVER_UNAVAILABLE", "message": "x"}])
        with capture_logs() as lines:
            org.read_order(TENANT, ORDER, agent_token=Secret("agent-session"), user_id=AGENT, now=NOW)
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)
            with pytest.raises(SalesforceUnavailable):
                org.push(TENANT, [change()])
        told = [one for one in lines if one["event"] == "peer_called"]
        assert [(one["peer"], one["operation"], one["upstream_status"]) for one in told] == [
            ("salesforce", "read_order", 200),
            ("salesforce", "login", 200),
            ("salesforce", "check_access", 200),
            ("salesforce", "push_order_changes", 503),
        ]
        assert all(set(one) == {"event", "log_level", "peer", "operation", "upstream_status", "ms"} for one in told)
        assert not any(name in repr(told) for name in (ORDER, USER, "token", "my.salesforce.com"))


class TestIds:
    """simple-salesforce joins ids to URLs, so that an id can replace the host; here none gets that far."""

    BAD = (
        "https://evil.example",
        "//evil.example/x",
        "../../oauth2/token",
        "801xx0000001gEh' OR Name != '",
        "801xx0000001gE",
        "",
        "801xx0000001gEhAAI ",
        "801xx0000001gEh\n",
    )

    @pytest.mark.parametrize("bad", BAD)
    def test_a_record_id_that_is_a_url_or_soql_is_refused_before_any_call(
        self, org: SalesforceClient, logins: responses.RequestsMock, bad: str
    ) -> None:
        attempts: list[Callable[[], object]] = [
            lambda: org.read_order(TENANT, bad, agent_token=Secret("agent-session"), user_id=AGENT, now=NOW),
            lambda: org.read_order_as_ourselves(TENANT, bad, now=NOW),
            # Not even the org's countries are asked for.
            lambda: org.read_order_as_ourselves(make_tenant(), bad, now=NOW),
            lambda: org.orders_in_org(TENANT, [ORDER, bad], now=NOW),
            lambda: org.lines.of(TENANT, bad),
            lambda: org.may_edit(TENANT, user_id=bad, order_id=ORDER),
            lambda: org.may_edit(TENANT, user_id=USER, order_id=bad),
        ]
        for attempt in attempts:
            with pytest.raises(ValueError, match="not a Salesforce id"):
                attempt()
        assert len(logins.calls) == 0

    def test_in_a_push_an_id_stands_in_the_body_and_never_in_the_address(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.post(COMPOSITE, json={"compositeResponse": []})
        org.push(TENANT, [change(order_id="https://evil.example")])
        assert {urlsplit(str(call.request.url)).netloc for call in logins.calls} == {"acme.my.salesforce.com"}
        sent = json.loads(logins.calls[-1].request.body or "")["compositeRequest"]
        assert all("evil" not in part["url"] for part in sent)


class TestHosts:
    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example",
            "http://acme.my.salesforce.com",
            "https://acme.my.salesforce.com.evil.example",
            "https://my.salesforce.com.evil.example",
            "https://evilmy.salesforce.com",
            "https://acme.my.salesforce.com@evil.example",
            "http://localhost:8010",
            "https://login.salesforce.com",
            "",
        ],
    )
    def test_a_host_that_is_no_my_domain_host_is_refused_before_any_call(
        self, wire: responses.RequestsMock, address: str
    ) -> None:
        elsewhere = replace(TENANT, salesforce=replace(TENANT.salesforce, host_url=address))
        shelf = Shelf()
        shelf.tokens["acme"] = Secret("kept")
        with PeerSession(peer="salesforce", total_timeout=2) as session:
            org = client_over(session, shelf=shelf)
            for attempt in (
                lambda: org.read_order(elsewhere, ORDER, agent_token=Secret("agent"), user_id=AGENT, now=NOW),
                lambda: org.may_edit(elsewhere, user_id=USER, order_id=ORDER),
                lambda: org.push(elsewhere, [change()]),
            ):
                with pytest.raises(TenantProblem):
                    attempt()
        assert len(wire.calls) == 0

    def test_a_login_too_goes_to_an_allowed_host_only(self, wire: responses.RequestsMock) -> None:
        elsewhere = replace(TENANT, salesforce=replace(TENANT.salesforce, host_url="https://evil.example"))
        with PeerSession(peer="salesforce", total_timeout=2) as session, pytest.raises(TenantProblem):
            client_over(session).may_edit(elsewhere, user_id=USER, order_id=ORDER)
        assert len(wire.calls) == 0

    def test_the_host_that_a_login_names_is_not_believed(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, json=rows())
        org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert {urlsplit(str(call.request.url)).netloc for call in logins.calls} == {"acme.my.salesforce.com"}

    def test_plain_http_is_for_this_machine_only(self) -> None:
        adapter = PlainLoopback()
        for address in (
            "https://evil.example/x",
            "http://evil.example/x",
            "https://127.0.0.1.evil.example/",
            "https://localhost@evil.example/",
        ):
            request = requests.Request("GET", address).prepare()
            before = request.url
            with pytest.raises(requests.exceptions.InvalidURL):
                adapter.send(request)
            assert request.url == before

    @pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
    def test_for_the_demos_org_https_becomes_http(self, wire: responses.RequestsMock, host: str) -> None:
        wire.get(f"http://{host}:8010/x", json={})
        with PeerSession(peer="salesforce", total_timeout=2) as session:
            allow_plain_loopback(session)
            shared = session.get_adapter(f"https://{host}:8010/x")
            assert isinstance(shared, PlainLoopback)
            assert session.get_adapter(f"http://{host}:8010/x") is shared, "logins share its pool of connections"
            assert not isinstance(session.get_adapter("https://acme.my.salesforce.com/x"), PlainLoopback)
            assert not isinstance(session.get_adapter(f"https://{host}.evil.example/x"), PlainLoopback)
            request = requests.Request("GET", f"https://{host}:8010/x").prepare()
            session.get_adapter(str(request.url)).send(request, timeout=2)
            assert request.url == f"http://{host}:8010/x"

    def test_what_never_reached_the_demos_org_is_told_from_what_was_not_answered(self) -> None:
        with (
            socket.create_server(("127.0.0.1", 0)) as door,
            PeerSession(peer="salesforce", total_timeout=20) as session,
            ThreadPoolExecutor(1) as pool,
        ):
            allow_plain_loopback(session)
            url = f"https://127.0.0.1:{door.getsockname()[1]}/x"
            met = pool.submit(lambda: door.accept()[0].close())
            with pytest.raises(NoAnswer):
                session.request("POST", url, data=b"{}")
            met.result()
            door.close()
            with pytest.raises(RequestNotSent):
                session.request("POST", url, data=b"{}")


class TestSessions:
    def test_one_login_serves_many_calls(self, org: SalesforceClient, logins: responses.RequestsMock) -> None:
        logins.get(QUERY, json=rows())
        for _ in range(3):
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert len(bearers(logins, QUERY)) == 3
        sent = [parse_qs(str(call.request.body)) for call in logins.calls if call.request.url == TOKEN]
        assert sent == [
            {"grant_type": ["client_credentials"], "client_id": ["client"], "client_secret": ["client-secret-b0b0"]}
        ]

    def test_an_expired_session_means_one_new_login_and_one_more_try(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, status=401, json=EXPIRED)
        logins.get(QUERY, json=rows())
        org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert bearers(logins, QUERY) == ["Bearer token-1", "Bearer token-2"]
        org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert bearers(logins, QUERY)[-1] == "Bearer token-2"

    def test_a_session_that_stays_expired_ends_after_the_second_try(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, status=401, json=EXPIRED)
        with pytest.raises(OrgSessionExpired):
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert bearers(logins, QUERY) == ["Bearer token-1", "Bearer token-2"]

    def test_a_login_is_tried_with_a_call_because_a_token_alone_says_nothing(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, status=401, json=EXPIRED)
        with pytest.raises(OrgSessionExpired):
            org.try_login(TENANT)
        assert bearers(logins, QUERY) == ["Bearer token-1"]

    def test_a_401_that_is_no_json_is_an_expired_session_too(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, status=401, body="<html>Please log in</html>", content_type="text/html")
        logins.get(QUERY, json=rows())
        org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert bearers(logins, QUERY) == ["Bearer token-1", "Bearer token-2"]

    def test_an_agents_session_that_is_over_is_not_replaced_by_ours(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.get(QUERY, status=401, json=EXPIRED)
        with pytest.raises(OrgSessionExpired):
            org.read_order(TENANT, ORDER, agent_token=Secret("agent-session"), user_id=AGENT, now=NOW)
        assert bearers(logins, QUERY) == ["Bearer agent-session"]

    def test_a_refused_login_is_final_and_a_missing_one_passes(
        self, org: SalesforceClient, wire: responses.RequestsMock
    ) -> None:
        wire.post(TOKEN, status=400, json={"error": "invalid_client_id", "error_description": "private words"})
        with pytest.raises(SalesforceRefused) as refusal:
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)
        assert refusal.value.reason == "LOGIN_REFUSED"
        assert "private" not in f"{refusal.value} {refusal.value.facts}"

    @pytest.mark.parametrize(
        "answered",
        [
            {"status": 503, "body": "busy"},
            {"status": 500, "json": {}},
            {"body": "not json"},
            {"json": {}},
            {"json": {"access_token": ""}},
            {"json": []},
            {"body": requests.ReadTimeout("slow")},
            {"body": requests.ConnectionError("gone")},
        ],
        ids=str,
    )
    def test_a_login_without_a_token_is_a_passing_fault(
        self, org: SalesforceClient, wire: responses.RequestsMock, answered: dict[str, Any]
    ) -> None:
        wire.post(TOKEN, **answered)
        with pytest.raises(SalesforceUnavailable):
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)


class TestFailures:
    @pytest.mark.parametrize(
        ("status", "body", "error"),
        [
            (400, [{"errorCode": "MALFORMED_QUERY", "message": "private"}], SalesforceRefused),
            (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "private"}], OrgLimitReached),
            (403, [{"errorCode": "INSUFFICIENT_ACCESS", "message": "private"}], SalesforceRefused),
            (403, "private", SalesforceRefused),
            (404, [{"errorCode": "NOT_FOUND", "message": "private"}], SalesforceRefused),
            (410, [{"errorCode": "UNSUPPORTED_API_VERSION", "message": "private"}], SalesforceRefused),
            (412, [{"errorCode": "PRECONDITION", "message": "private"}], SalesforceUnavailable),
            (429, [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "private"}], OrgLimitReached),
            (429, "private", SalesforceUnavailable),
            (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "private"}], SalesforceUnavailable),
            (502, "<html>private</html>", SalesforceUnavailable),
            (503, [{"errorCode": "SERVER_UNAVAILABLE", "message": "private"}], SalesforceUnavailable),
            (200, "not json", SalesforceUnavailable),
            (302, "", SalesforceUnavailable),
        ],
    )
    def test_a_call_that_fails_says_whether_repeating_it_helps(
        self, org: SalesforceClient, wire: responses.RequestsMock, status: int, body: Any, error: type[Exception]
    ) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        wire.get(QUERY, status=status, body=text, headers={"Location": "https://evil.example"} if status == 302 else {})
        with pytest.raises((SalesforceUnavailable, SalesforceRefused)) as fault:
            org.read_order(TENANT, ORDER, agent_token=Secret("agent"), user_id=AGENT, now=NOW)
        assert type(fault.value) is error
        assert "private" not in f"{fault.value} {fault.value.facts}"
        assert len(wire.calls) == 1

    @pytest.mark.parametrize(
        "fault", [requests.ReadTimeout("slow"), requests.ConnectionError("reset")], ids=["read time-out", "reset"]
    )
    def test_no_answer_is_a_passing_fault_because_writes_are_absolute(
        self, org: SalesforceClient, wire: responses.RequestsMock, fault: Exception
    ) -> None:
        wire.get(QUERY, body=fault)
        with pytest.raises(SalesforceUnavailable):
            org.read_order(TENANT, ORDER, agent_token=Secret("agent"), user_id=AGENT, now=NOW)

    @pytest.mark.parametrize("body", ["[]", "{}", '{"records": null}', '{"records": {}}', '"text"', "null"])
    def test_an_answer_of_another_shape_raises_nothing_but_our_own_errors(
        self, org: SalesforceClient, wire: responses.RequestsMock, body: str
    ) -> None:
        wire.get(QUERY, body=body, content_type="application/json")
        with suppress(SalesforceUnavailable):
            assert org.read_order(TENANT, ORDER, agent_token=Secret("agent"), user_id=AGENT, now=NOW) is None


REFUSES = [{"errorCode": "INSUFFICIENT_ACCESS", "message": "x"}]


@pytest.mark.parametrize(
    ("answers", "ours", "agents"),
    [
        ([(200, {"records": []})], [None], [None]),
        ([(403, REFUSES)], [SalesforceRefused], [SalesforceRefused]),
        ([(503, "busy")], [SalesforceUnavailable], [SalesforceUnavailable]),
        # What a new session mends is no outcome; an agent gets no other one.
        ([(401, EXPIRED), (200, {"records": []})], [None], []),
        ([(401, EXPIRED), (401, EXPIRED)], [OrgSessionExpired], []),
    ],
)
@pytest.mark.parametrize("as_agent", [False, True])
def test_each_call_ends_with_one_outcome_of_ours_or_of_an_agents_session(
    logins: responses.RequestsMock, answers: list[tuple[int, Any]], ours: list[Any], agents: list[Any], as_agent: bool
) -> None:
    ends: list[tuple[str, Any, bool]] = []

    def note(tenant: Tenant, error: UpstreamError | None, *, as_agent: bool) -> None:
        ends.append((tenant.tenant_id, error and type(error), as_agent))

    for status, body in answers:
        logins.get(QUERY, status=status, json=body)
    with PeerSession(peer="salesforce", total_timeout=2, repeat_reads=False) as session, suppress(UpstreamError):
        org = client_over(session, on_end=note)
        if as_agent:
            org.read_order(TENANT, ORDER, agent_token=Secret("agent"), user_id=AGENT, now=NOW)
        else:
            org.may_edit(TENANT, user_id=USER, order_id=ORDER)
    assert ends == [("acme", one, as_agent) for one in (agents if as_agent else ours)]


def change(*, order_id: str = ORDER, version: int = 3, requests: int = 1) -> OrderChange:
    paid = States(link=Link.OPENED, money=Money.PAID)
    made = tuple(
        make_request(
            reference=f"c2p_{version}_{serial}",
            order_id=order_id,
            states=paid,
            captured=Decimal("115.00"),
            paid_at=NOW,
            version=version,
        )
        for serial in range(requests)
    )
    balance = balance_of(make_order(), made[:1])
    return OrderChange(order_id, version, "ZAR", balance, made, made[-1] if made else None, NOW)


OTHER = "801xx0000002AbCAAU"
WRITTEN = {"id": ORDER, "success": True, "errors": []}


def refused(code: str, message: str = "private words") -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]}


def part(name: str, body: Any, status: int = 200) -> dict[str, Any]:
    return {"referenceId": name, "httpStatusCode": status, "httpHeaders": {}, "body": body}


class TestPush:
    @pytest.fixture
    def push(self, org: SalesforceClient, logins: responses.RequestsMock) -> Any:
        """Push two orders with one request each and answer with these subrequests."""

        def pushed(*parts: dict[str, Any]) -> PushResult:
            logins.post(COMPOSITE, json={"compositeResponse": list(parts)})
            return org.push(TENANT, [change(), change(order_id=OTHER, version=4)])

        return pushed

    def test_orders_and_requests_travel_in_one_call_requests_first(
        self, push: Any, logins: responses.RequestsMock
    ) -> None:
        push()
        body = json.loads(logins.calls[-1].request.body or "")
        assert (body["allOrNone"], body["collateSubrequests"]) == (False, False)
        first, second = body["compositeRequest"]
        assert (first["method"], first["url"]) == (
            "PATCH",
            f"/services/data/v{VERSION}/composite/sobjects/Chat2Pay_Payment_Request__c/Reference__c",
        )
        assert (second["method"], second["url"]) == ("PATCH", f"/services/data/v{VERSION}/composite/sobjects")
        assert [first["body"]["allOrNone"], second["body"]["allOrNone"]] == [False, False]
        assert [record["Reference__c"] for record in first["body"]["records"]] == ["c2p_3_0", "c2p_4_0"]
        assert len({record["attributes"]["type"] for record in second["body"]["records"]}) == 1

    def test_an_order_is_told_absolute_values_and_its_version(self, push: Any, logins: responses.RequestsMock) -> None:
        push()
        record = json.loads(logins.calls[-1].request.body or "")["compositeRequest"][1]["body"]["records"][0]
        assert record == {
            "attributes": {"type": "Order"},
            "id": ORDER,
            "Chat2Pay_Payment_State__c": "paid",
            "Chat2Pay_Status__c": "paid",
            "Chat2Pay_Reference__c": "c2p_3_0",
            "Chat2Pay_Amount_Due__c": 0.0,
            "Chat2Pay_Amount_Paid__c": 115.0,
            "Chat2Pay_Amount_Authorized__c": 0.0,
            "Chat2Pay_Amount_Reversed__c": 0.0,
            "Chat2Pay_Paid_At__c": "2026-11-21T10:00:00.000Z",
            "Chat2Pay_Changed_At__c": "2026-11-21T10:00:00.000Z",
            "Chat2Pay_Version__c": 3,
        }

    def test_a_request_record_shows_no_more_of_a_phone_than_its_ending(
        self, push: Any, logins: responses.RequestsMock
    ) -> None:
        push()
        body: Any = logins.calls[-1].request.body
        sent = bytes(body).decode()
        assert "27831234567" not in sent
        assert json.loads(sent)["compositeRequest"][0]["body"]["records"][0]["Phone_Ending__c"] == "4567"

    def test_every_record_has_its_own_result(self, push: Any) -> None:
        result = push(
            part("requests0", [WRITTEN, refused("UNABLE_TO_LOCK_ROW")]),
            part("orders0", [refused("INVALID_FIELD"), WRITTEN]),
        )
        assert result.requests == {
            "c2p_3_0": RecordResult(RecordOutcome.WRITTEN),
            "c2p_4_0": RecordResult(RecordOutcome.LOCKED, "UNABLE_TO_LOCK_ROW"),
        }
        assert result.orders == {
            ORDER: RecordResult(RecordOutcome.REFUSED, "INVALID_FIELD"),
            OTHER: RecordResult(RecordOutcome.WRITTEN),
        }

    @pytest.mark.parametrize(
        ("answered", "outcome"),
        [
            (WRITTEN, RecordOutcome.WRITTEN),
            (refused("UNABLE_TO_LOCK_ROW"), RecordOutcome.LOCKED),
            (refused("REQUEST_LIMIT_EXCEEDED"), RecordOutcome.LIMIT),
            (refused("SERVER_UNAVAILABLE"), RecordOutcome.PASSING),
            (refused("DUPLICATE_VALUE"), RecordOutcome.PASSING),
            (refused("ALL_OR_NONE_OPERATION_ROLLED_BACK"), RecordOutcome.PASSING),
            (refused("ENTITY_IS_LOCKED"), RecordOutcome.SLOW),
            (
                refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Anders als gedacht [chat2pay:newer-version]"),
                RecordOutcome.NEWER,
            ),
            (refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Orders must have a colour."), RecordOutcome.REFUSED),
            (refused("FIELD_CUSTOM_VALIDATION_EXCEPTION", "a newer version exists"), RecordOutcome.REFUSED),
            (refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"), RecordOutcome.REFUSED),
            (refused("SOMETHING_SALESFORCE_INVENTED"), RecordOutcome.SLOW),
            ({"success": False, "errors": []}, RecordOutcome.SLOW),
            ({"success": False}, RecordOutcome.SLOW),
            ({}, RecordOutcome.SLOW),
            (None, RecordOutcome.PASSING),
        ],
        ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else value,
    )
    def test_a_records_answer_means_one_outcome(
        self, push: Any, answered: dict[str, Any], outcome: RecordOutcome
    ) -> None:
        result = push(part("requests0", [answered, WRITTEN]), part("orders0", [WRITTEN, answered]))
        assert (result.requests["c2p_3_0"].outcome, result.orders[OTHER].outcome) == (outcome, outcome)
        assert (result.requests["c2p_4_0"].outcome, result.orders[ORDER].outcome) == (
            RecordOutcome.WRITTEN,
            RecordOutcome.WRITTEN,
        )

    @pytest.mark.parametrize(
        ("failed", "outcome"),
        [
            (part("orders0", [{"errorCode": "PROCESSING_HALTED", "message": "x"}], 400), RecordOutcome.PASSING),
            (part("orders0", [{"errorCode": "INVALID_FIELD", "message": "x"}], 400), RecordOutcome.REFUSED),
            (part("orders0", [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "x"}], 403), RecordOutcome.LIMIT),
            (part("orders0", [{"errorCode": "SERVER_UNAVAILABLE", "message": "x"}], 503), RecordOutcome.PASSING),
            (part("orders0", [{"errorCode": "ODD", "message": "x"}], 500), RecordOutcome.PASSING),
            (part("orders0", [{"errorCode": "ODD", "message": "x"}], 400), RecordOutcome.SLOW),
            (part("orders0", [{"errorCode": "INVALID_FIELD", "message": "x"}], 500), RecordOutcome.REFUSED),
            # Of no record is it known that Salesforce holds a newer version of it.
            (
                part("orders0", [{"errorCode": "ODD", "message": "[chat2pay:newer-version]"}], 500),
                RecordOutcome.PASSING,
            ),
            (part("orders0", [WRITTEN, WRITTEN], 201), RecordOutcome.PASSING),
            (part("orders0", "<html>", 502), RecordOutcome.PASSING),
        ],
        ids=str,
    )
    def test_a_subrequest_that_fails_as_a_whole_is_the_fate_of_its_records_only(
        self, push: Any, failed: dict[str, Any], outcome: RecordOutcome
    ) -> None:
        result = push(part("requests0", [WRITTEN, WRITTEN]), failed)
        assert {one.outcome for one in result.orders.values()} == {outcome}
        assert {one.outcome for one in result.requests.values()} == {RecordOutcome.WRITTEN}

    def test_records_whose_subrequest_is_missing_from_the_answer_are_tried_again(self, push: Any) -> None:
        result = push(part("requests0", [WRITTEN, WRITTEN]))
        assert {one.outcome for one in result.orders.values()} == {RecordOutcome.PASSING}

    @pytest.mark.parametrize(
        "answered",
        [[WRITTEN], [], [WRITTEN] * 3, {}, None],
        ids=["one too few", "none", "one too many", "an object", "nothing"],
    )
    def test_results_that_cannot_be_told_apart_are_never_taken_for_success(self, push: Any, answered: Any) -> None:
        result = push(part("requests0", [WRITTEN, WRITTEN]), part("orders0", answered))
        assert RecordOutcome.WRITTEN not in {one.outcome for one in result.orders.values()}
        assert set(result.orders) == {ORDER, OTHER}

    def test_a_full_push_is_five_collections_of_at_most_two_hundred(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.post(COMPOSITE, json={"compositeResponse": []})
        result = org.push(
            TENANT,
            [
                change(order_id=f"801xx{serial:010d}", version=serial, requests=2 if serial < 200 else 1)
                for serial in range(400)
            ],
        )
        sent = json.loads(logins.calls[-1].request.body or "")["compositeRequest"]
        assert [len(one["body"]["records"]) for one in sent] == [200] * 5
        assert len({one["referenceId"] for one in sent}) == 5
        assert (len(result.orders), len(result.requests)) == (400, 600)
        assert all("type" not in record for one in sent for record in one["body"]["records"])

    @pytest.mark.parametrize(
        ("withheld", "outcome", "part"),
        [
            ("ORDER_NOT_IN_ORG", RecordOutcome.REFUSED, RefusedPart.ORDER),
            # Its total may be readable again in a moment: nobody is asked to repair a record.
            ("ORDER_TOTAL_UNREADABLE", RecordOutcome.SLOW, RefusedPart.CALL),
        ],
    )
    def test_an_order_that_is_not_written_is_told_why_and_costs_no_call(
        self,
        org: SalesforceClient,
        logins: responses.RequestsMock,
        withheld: str,
        outcome: RecordOutcome,
        part: RefusedPart,
    ) -> None:
        result = org.push(TENANT, [replace(change(requests=0), withheld=withheld)])
        assert (result.requests, set(result.orders)) == ({}, {ORDER})
        told = result.orders[ORDER]
        assert (told.outcome, told.code, told.refusal and told.refusal.part) == (outcome, withheld, part)
        assert len(logins.calls) == 0

    def test_the_limit_header_is_remembered_even_when_the_call_failed(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.post(COMPOSITE, status=503, body="busy", headers={"Sforce-Limit-Info": "api-usage=4999/5000"})
        with pytest.raises(SalesforceUnavailable):
            org.push(TENANT, [change()])
        usage = org.limits.usage_of("acme")
        assert usage is not None
        assert (usage.used, usage.allowed) == (4999, 5000)

    def test_a_push_after_an_expired_session_is_repeated_once(
        self, org: SalesforceClient, logins: responses.RequestsMock
    ) -> None:
        logins.post(COMPOSITE, status=401, json=EXPIRED)
        logins.post(COMPOSITE, json={"compositeResponse": [part("requests0", [WRITTEN]), part("orders0", [WRITTEN])]})
        result = org.push(TENANT, [change()])
        assert result.orders == {ORDER: RecordResult(RecordOutcome.WRITTEN)}
        assert bearers(logins, COMPOSITE) == ["Bearer token-1", "Bearer token-2"]


def test_nothing_of_a_tenants_secrets_is_printed() -> None:
    tenant: Tenant = TENANT
    for secret in ("client-secret-b0b0", "canvas-secret", "core-api-key", "callback-password", "callback-key"):
        assert secret not in repr(tenant)


def test_a_login_that_was_tried_takes_the_place_of_the_older_token_once_it_is_kept(
    logins: responses.RequestsMock,
) -> None:
    """A tenant's new keys count at once, also in a process that has a token of the old ones."""
    with PeerSession(peer="salesforce", total_timeout=2, repeat_reads=False) as session:
        tokens = TokenProvider(session=session, store=Shelf(), now=lambda: NOW)
        assert tokens.token(TENANT).value == "token-1"
        tried = tokens.try_login(TENANT)
        assert (tried.value, tokens.token(TENANT).value) == ("token-2", "token-1")
        tokens.keep(TENANT, tried)
        assert tokens.token(TENANT).value == "token-2"
