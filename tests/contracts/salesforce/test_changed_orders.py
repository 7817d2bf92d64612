"""What an org is asked once a minute, and that nothing of its answer leads anywhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import responses
from flask.testing import FlaskClient

from connector.errors import SalesforceRefused, SalesforceUnavailable, UpstreamError
from connector.salesforce.calls.composite import COLLECTION, read_part
from connector.salesforce.client import SalesforceClient
from connector.salesforce.orders.order_queries import changed_orders_query, read_order_in_org
from connector.salesforce.orders.order_record import OrderTarget, order_target
from connector.salesforce.queries.changed_orders import (
    MOST_NAMED,
    ChangedOrders,
    read_changed_orders,
    read_deleted_orders,
)
from foundation.clock import utc_now
from foundation.http.session import PeerSession
from sandbox.org.app import create_app
from tests.contracts.salesforce.test_salesforce_client import (
    COMPOSITE,
    NOW,
    ORDER,
    OTHER,
    TENANT,
    VERSION,
    client_over,
    logins,
    row,
    wire,
)
from tests.factories import HOST, make_tenant

__all__ = ["logins", "wire"]
SINCE = datetime(2026, 11, 21, 9, 58, 7, tzinfo=UTC)
STAMP = "2026-11-21T09:59:30.000+0000"
NEXT = f"/services/data/v{VERSION}/query/0r8xx0123456789ab-2000"


@pytest.fixture
def org() -> Iterator[SalesforceClient]:
    with PeerSession(peer="salesforce", total_timeout=2, repeat_reads=False) as session:
        yield client_over(session)


def page(*rows: dict[str, Any], more: str | None = None) -> dict[str, Any]:
    told = {"totalSize": len(rows), "done": more is None, "records": list(rows)}
    return told if more is None else {**told, "nextRecordsUrl": more}


def changed(order_id: str = ORDER, *, at: str = STAMP, deleted: bool = False, **fields: Any) -> dict[str, Any]:
    return row(Id=order_id, SystemModstamp=at, IsDeleted=deleted, Chat2Pay_Version__c=3, **fields)


def ask(org: SalesforceClient, *order_ids: str) -> ChangedOrders:
    return read_changed_orders(org, TENANT, since=SINCE, order_ids=order_ids, now=NOW)


def answer(wire: responses.RequestsMock, **parts: dict[str, Any]) -> None:
    told = [{"referenceId": name, "httpStatusCode": 200, "body": body} for name, body in parts.items()]
    wire.post(COMPOSITE, json={"compositeResponse": told})


def test_one_call_asks_for_what_changed_deleted_orders_too_and_for_some_by_name(
    org: SalesforceClient, logins: responses.RequestsMock
) -> None:
    ids = [f"801xx0000{serial:06d}" for serial in range(COLLECTION + 1)]
    answer(logins, changed=page(), named0=page(), named200=page())
    ask(org, *ids)
    parts = json.loads(logins.calls[-1].request.body or "")["compositeRequest"]
    urls = [urlsplit(one["url"]) for one in parts]
    assert [one.path for one in urls] == [
        f"/services/data/v{VERSION}/{word}" for word in ("queryAll", "query", "query")
    ]
    soql = [parse_qs(one.query)["q"][0] for one in urls]
    assert soql[0].endswith(
        "FROM Order WHERE SystemModstamp >= 2026-11-21T09:58:07.000Z AND Chat2Pay_Version__c != null ORDER BY SystemModstamp"
    )
    assert "SystemModstamp, IsDeleted" in soql[0]
    assert [one.count("801xx") for one in soql[1:]] == [COLLECTION, 1]
    assert len(parts[0]["url"]) < 4096
    assert len(parts[1]["url"]) < 16_384, "the longest address that Salesforce takes"
    assert MOST_NAMED == 4 * COLLECTION


def test_what_is_shown_is_sorted_out(org: SalesforceClient, logins: responses.RequestsMock) -> None:
    answer(logins, changed=page(changed(OTHER), changed(deleted=True)), named0=page(row()))
    seen = ask(org, ORDER)
    assert (set(seen.named), set(seen.changed), seen.deleted) == ({ORDER}, {OTHER}, {ORDER})
    assert seen.changed[OTHER].version == 3
    assert (seen.seen_until, seen.is_complete) == (datetime(2026, 11, 21, 9, 59, 30, tzinfo=UTC), True)


def test_no_change_says_nothing_of_the_time(org: SalesforceClient, logins: responses.RequestsMock) -> None:
    answer(logins, changed=page())
    assert ask(org).seen_until is None


def test_further_pages_are_read_and_those_of_a_flood_are_left_for_the_next_look(
    org: SalesforceClient, logins: responses.RequestsMock
) -> None:
    answer(logins, changed=page(changed(), more=NEXT))
    at = (SINCE + timedelta(minutes=9)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    logins.get(f"{HOST}{NEXT}", json=page(changed(OTHER, at=at)))
    seen = ask(org)
    assert (set(seen.changed), seen.is_complete) == ({ORDER, OTHER}, True)
    assert seen.seen_until == SINCE + timedelta(minutes=9)
    answer(logins, changed=page(changed(), more=NEXT))
    logins.replace("GET", f"{HOST}{NEXT}", json=page(changed(OTHER), more=NEXT))
    calls = len(logins.calls)
    assert ask(org).is_complete is False
    assert len(logins.calls) == calls + 10


def test_an_answer_that_names_no_more_rows_is_the_whole(org: SalesforceClient, logins: responses.RequestsMock) -> None:
    answer(logins, changed={"records": [changed()]})
    assert ask(org).is_complete is True


def test_the_latest_change_counts_in_whatever_order_rows_come(
    org: SalesforceClient, logins: responses.RequestsMock
) -> None:
    answer(logins, changed=page(changed(OTHER, at="2026-11-21T09:59:45.000+0000"), changed()))
    assert ask(org).seen_until == datetime(2026, 11, 21, 9, 59, 45, tzinfo=UTC)


def test_deleted_orders_that_cannot_be_asked_for_are_named_by_what_was_asked(
    org: SalesforceClient, logins: responses.RequestsMock
) -> None:
    logins.post(COMPOSITE, status=503)
    with pytest.raises(SalesforceUnavailable) as error:
        read_deleted_orders(org, TENANT, [ORDER])
    assert error.value.facts["operation"] == "find_deleted"


def test_a_summary_that_the_org_does_not_show_takes_no_fields() -> None:
    mapping = make_tenant(mapping={"order_object": "OrderSummary"}).mapping
    assert order_target(mapping, None).is_original


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/services/data/v67.0/query/01g",
        "//evil.example/services/data/v67.0/query/01g",
        "/services/data/v67.0/query/../../../apexrest/pay",
        "/services/data/v67.0/query/01g?x=1",
        "/services/oauth2/token",
        17,
    ],
)
def test_an_address_in_an_answer_leads_nowhere_else(
    org: SalesforceClient, logins: responses.RequestsMock, path: object
) -> None:
    answer(logins, changed={**page(changed()), "done": False, "nextRecordsUrl": path})
    calls = len(logins.calls)
    seen = ask(org)
    assert (set(seen.changed), seen.is_complete) == ({ORDER}, False)
    assert len(logins.calls) == calls + 2, "a login and one call"


def test_a_query_that_is_refused_is_told_by_its_code(org: SalesforceClient, logins: responses.RequestsMock) -> None:
    refused = {
        "referenceId": "changed",
        "httpStatusCode": 400,
        "body": [{"errorCode": "INVALID_FIELD", "message": "x"}],
    }
    logins.post(COMPOSITE, json={"compositeResponse": [refused]})
    with pytest.raises(SalesforceRefused) as error:
        ask(org)
    assert error.value.reason == "INVALID_FIELD"
    logins.replace("POST", COMPOSITE, json={"compositeResponse": []})
    with pytest.raises(SalesforceUnavailable):
        ask(org)


GONE, LOCK, ODD = "ENTITY_IS_DELETED", "UNABLE_TO_LOCK_ROW", "A_CODE_OF_NEXT_YEAR"


@pytest.mark.parametrize(
    ("part", "error", "reason"),
    [
        ((404, page(changed())), SalesforceRefused, None),
        ((400, [{"errorCode": GONE}]), SalesforceRefused, GONE),
        ((499, [{"errorCode": ODD}]), SalesforceRefused, ODD),
        # It passes by itself, whatever the status says.
        ((400, [{"errorCode": LOCK}]), SalesforceUnavailable, LOCK),
        ((500, [{"errorCode": GONE}]), SalesforceUnavailable, GONE),
        ((200, [{"errorCode": GONE}]), SalesforceUnavailable, GONE),
        ((399, {}), SalesforceUnavailable, None),
        (("404", {}), SalesforceUnavailable, None),
        (None, SalesforceUnavailable, None),
    ],
)
def test_an_answer_of_an_error_is_none_whatever_its_shape(
    part: tuple[object, Any] | None, error: type[UpstreamError], reason: str | None
) -> None:
    others = [{"referenceId": "other", "httpStatusCode": 200, "body": page()}, "text", None]
    named = [{"referenceId": "changed", "httpStatusCode": part[0], "body": part[1]}] if part else []
    with pytest.raises(UpstreamError) as raised:
        read_part("changed", {"compositeResponse": [*others, *named]}, operation="read")
    assert (type(raised.value), raised.value.reason) == (error, reason)
    assert read_part("other", {"compositeResponse": [*named, *others]}, operation="read") == page()
    with pytest.raises(SalesforceUnavailable):
        read_part("other", {"compositeResponse": {"other": page()}}, operation="read")


# --- against the sandbox org -----------------------------------------------------------------------------------------


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[FlaskClient]:
    """A sandbox org with Order Management, in this process."""
    app = create_app(tmp_path)
    yield app.test_client()
    app.extensions["org"].records.close()


def asked_there(sandbox: FlaskClient, soql: str) -> list[dict[str, Any]]:
    users = sandbox.get("/sandbox/credentials").get_json()["users"]
    token = next(one["access_token"] for one in users if one["kind"] == "integration")
    found = sandbox.get(
        "/services/data/v67.0/queryAll", query_string={"q": soql}, headers={"Authorization": f"Bearer {token}"}
    )
    assert found.status_code == 200, found.text
    rows: list[dict[str, Any]] = found.get_json()["records"]
    return rows


def test_an_order_with_our_fields_is_found_from_its_change_on(sandbox: FlaskClient) -> None:
    order_id = sandbox.post("/sandbox/orders", json={"Chat2Pay_Version__c": 1}).get_json()["id"]
    without = sandbox.post("/sandbox/orders", json={}).get_json()["id"]
    soql = changed_orders_query(TENANT.mapping, order_target(TENANT.mapping), utc_now() - timedelta(minutes=1))
    found = {row["Id"]: row for row in asked_there(sandbox, soql)}
    assert order_id in found
    assert without not in found
    shown = read_order_in_org(found[order_id], tenant=TENANT, target=order_target(TENANT.mapping), read_at=NOW)
    assert (shown.version, shown.order.currency) == (1, "ZAR")
    sandbox.delete(f"/sandbox/orders/{order_id}")
    assert [row["IsDeleted"] for row in asked_there(sandbox, soql) if row["Id"] == order_id] == [True]
    later = changed_orders_query(TENANT.mapping, order_target(TENANT.mapping), utc_now() + timedelta(minutes=1))
    assert asked_there(sandbox, later) == []


@pytest.mark.parametrize("takes_fields", [True, False], ids=["fields on the summary", "fields on the original order"])
def test_order_summaries_are_followed_too(sandbox: FlaskClient, takes_fields: bool) -> None:
    sandbox.patch("/sandbox/org", json={"order_summaries": True})
    made = sandbox.post("/sandbox/orders", json={"Chat2Pay_Version__c": 1, "managed": False}).get_json()["id"]
    tenant = make_tenant(mapping={"order_object": "OrderSummary"})
    fields = {name: field for name, field in tenant.mapping.write_order.items() if field}
    target = (
        OrderTarget("OrderSummary", {}, None) if takes_fields else OrderTarget("Order", fields, None, is_original=True)
    )
    soql = changed_orders_query(tenant.mapping, target, utc_now() - timedelta(minutes=1))
    rows = [row for row in asked_there(sandbox, soql) if row["OriginalOrderId"] == made]
    assert len(rows) == 1
    shown = read_order_in_org(rows[0], tenant=tenant, target=target, read_at=NOW)
    assert shown.version == (None if takes_fields else 1)
