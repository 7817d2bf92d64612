"""Get Updated, Get Deleted and Record Count."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.wire.times import format_time


def ask(api: Any, resource: str, *, start: timedelta, end: timedelta) -> Any:
    now = datetime.now(UTC)
    span = {"start": (now + start).isoformat(), "end": (now + end).isoformat()}
    return api.call("GET", f"sobjects/{resource}/", query_string=span)


HOUR = timedelta(hours=1)


def test_updated_names_what_was_added_or_changed(app: Any, api: Any, order_id: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getupdated.htm"""
    records = app.extensions["org"].records
    yesterday = format_time(datetime.now(UTC) - timedelta(days=1))
    with records.transaction():
        for row in records.rows("Order"):
            records.put("Order", row | {"SystemModstamp": yesterday})
    api.call("PATCH", f"sobjects/Order/{order_id}", json={"Description": "changed"})
    body = ask(api, "Order/updated", start=-HOUR, end=HOUR).get_json()
    assert set(body) == {"ids", "latestDateCovered"}
    assert body["ids"] == [order_id]
    covered = datetime.fromisoformat(body["latestDateCovered"])
    assert covered <= datetime.now(UTC)
    assert ask(api, "Order/updated", start=-25 * HOUR, end=-2 * HOUR).get_json()["ids"] != []


def test_deleted_names_what_lies_in_the_recycle_bin(client: FlaskClient, api: Any, order_id: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm"""
    assert ask(api, "Order/deleted", start=-HOUR, end=HOUR).get_json()["deletedRecords"] == []
    client.delete(f"/sandbox/orders/{order_id}")
    body = ask(api, "Order/deleted", start=-HOUR, end=HOUR).get_json()
    assert set(body) == {"deletedRecords", "earliestDateAvailable", "latestDateCovered"}
    assert [set(one) for one in body["deletedRecords"]] == [{"id", "deletedDate"}]
    assert body["deletedRecords"][0]["id"] == order_id
    assert order_id not in ask(api, "Order/updated", start=-HOUR, end=HOUR).get_json()["ids"]
    client.post(f"/sandbox/orders/{order_id}/restore")
    assert ask(api, "Order/deleted", start=-HOUR, end=HOUR).get_json()["deletedRecords"] == []


def test_only_what_the_caller_may_see_is_named(api: Any, api_as: Any) -> None:
    hidden = api.query("SELECT Id FROM Order WHERE Owner.FirstName = 'Naledi'")[0]["Id"]
    assert hidden in ask(api, "Order/updated", start=-HOUR, end=HOUR).get_json()["ids"]
    assert hidden not in ask(api_as("Thandi"), "Order/updated", start=-HOUR, end=HOUR).get_json()["ids"]


@pytest.mark.parametrize(
    ("resource", "start", "end"),
    [
        ("Order/updated", HOUR, -HOUR),
        ("Order/deleted", -HOUR, -HOUR),
        ("Order/updated", -timedelta(days=31), HOUR),
    ],
)
def test_a_span_that_salesforce_refuses_is_refused(api: Any, resource: str, start: timedelta, end: timedelta) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_getdeleted.htm"""
    refused = ask(api, resource, start=start, end=end)
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


@pytest.mark.parametrize(
    ("span", "code"),
    [
        ({"start": "2026-01-01T00:00:00Z"}, "MISSING_ARGUMENT"),
        ({"start": "yesterday", "end": "today"}, "INVALID_REPLICATION_DATE"),
    ],
)
def test_a_span_needs_both_ends(api: Any, span: dict[str, str], code: str) -> None:
    refused = api.call("GET", "sobjects/Order/updated", query_string=span)
    assert (refused.status_code, refused.get_json()[0]["errorCode"]) == (400, code)


def test_record_count_counts_what_is_not_deleted(client: FlaskClient, api: Any, order_id: str) -> None:
    """https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_record_count.htm"""

    def counts(**params: str) -> dict[str, int]:
        answer = api.call("GET", "limits/recordCount", query_string=params).get_json()
        return {one["name"]: one["count"] for one in answer["sObjects"]}

    assert counts(sObjects="Order,Nope__c,contact") == {"Order": 9, "Contact": 9}
    client.delete(f"/sandbox/orders/{order_id}")
    assert counts(sObjects="Order") == {"Order": 8}
    assert {"Account", "Order", "User"} < set(counts())


def test_record_count_needs_the_view_of_setup(api_as: Any) -> None:
    assert api_as("Thandi").call("GET", "limits/recordCount").status_code == 403
