"""Faults, counters and the other controls of the org."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from waitress.channel import ClientDisconnected


def fault(client: FlaskClient, **plan: Any) -> None:
    assert client.put("/sandbox/faults", json=plan).status_code == 200


def code(answer: Any) -> str:
    return str(answer.get_json()[0]["errorCode"])


def test_latency_is_waited_on_data_calls_only(client: FlaskClient, api: Any) -> None:
    fault(client, latency_ms=[50, 60])
    started = time.monotonic()
    api.call("GET", "limits")
    assert time.monotonic() - started >= 0.05


def test_a_locked_row_refuses_its_record_only(client: FlaskClient, api: Any, order_id: str) -> None:
    fault(client, locked_rows=1)
    assert code(api.call("PATCH", f"sobjects/Order/{order_id}", json={})) == "UNABLE_TO_LOCK_ROW"
    assert api.query("SELECT Id FROM Order LIMIT 1")


def test_the_limit_refuses_and_the_header_tells(client: FlaskClient, api: Any) -> None:
    fault(client, limit_exceeded=True)
    refused = api.call("GET", "limits")
    assert (refused.status_code, code(refused)) == (403, "REQUEST_LIMIT_EXCEEDED")
    client.delete("/sandbox/faults")
    assert api.call("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=2/100000"
    fault(client, api_limit=2)
    assert api.call("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=3/2"


@pytest.mark.parametrize(
    ("plan", "header"),
    [
        ({"api_limit": 5000, "api_used": 17}, "api-usage=18/5000"),
        ({"api_used": 110_017, "limit_info": "bursts"}, "api-usage=110018/100000; api-bursts=1/750"),
        ({"limit_info": "per_app"}, "api-usage=1/100000; per-app-api-usage=17/250(appName=PaymentConnectorServer)"),
        ({"limit_info": "none"}, None),
    ],
)
def test_the_usage_comes_in_every_form_that_was_seen(
    client: FlaskClient, api: Any, plan: dict[str, Any], header: str | None
) -> None:
    fault(client, **plan)
    answer = api.call("GET", "limits")
    assert (answer.status_code, answer.headers.get("Sforce-Limit-Info")) == (200, header)


def test_too_many_calls_at_once_have_words_of_their_own(client: FlaskClient, api: Any) -> None:
    fault(client, concurrent_limit=1)
    refused = api.call("GET", "limits")
    assert (refused.status_code, code(refused)) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Concurrent" in refused.get_json()[0]["message"]


def test_expiring_ends_all_tokens_and_new_ones_now_and_then(
    client: FlaskClient, api: Any, user: Callable[[str], Any]
) -> None:
    fault(client, expire_tokens=True)
    assert code(api.call("GET", "limits")) == "INVALID_SESSION_ID"
    users = client.get("/sandbox/credentials").get_json()["users"]
    api.token = next(one["access_token"] for one in users if one["kind"] == "integration")
    statuses = [api.call("GET", "limits").status_code for _ in range(60)]
    assert (statuses[0], statuses[-1]) == (200, 401)


def test_an_unavailable_service_did_nothing(client: FlaskClient, api: Any, order_id: str) -> None:
    fault(client, http_503=1)
    answer = api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Reference__c": "x"})
    assert (answer.status_code, code(answer)) == (503, "SERVER_UNAVAILABLE")
    client.delete("/sandbox/faults")
    assert api.call("GET", f"sobjects/Order/{order_id}").get_json()["Chat2Pay_Reference__c"] is None


def test_a_dropped_answer_was_executed(client: FlaskClient, api: Any, order_id: str) -> None:
    fault(client, drop_answers=1)
    with pytest.raises(ClientDisconnected):
        api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Reference__c": "x"})
    client.delete("/sandbox/faults")
    assert api.call("GET", f"sobjects/Order/{order_id}").get_json()["Chat2Pay_Reference__c"] == "x"


@pytest.mark.parametrize(
    ("plan", "fields"),
    [
        ({"latency_ms": [5, 1]}, ["latency_ms"]),
        ({"locked_rows": 2, "http_503": "often"}, ["http_503", "locked_rows"]),
        ({"expire_tokens": 1}, ["expire_tokens"]),
        ({"earthquake": True}, ["earthquake"]),
        ({"limit_info": "long", "api_used": -1}, ["api_used", "limit_info"]),
    ],
)
def test_an_unusable_fault_is_named(client: FlaskClient, plan: Any, fields: list[str]) -> None:
    answer = client.put("/sandbox/faults", json=plan)
    assert (answer.status_code, sorted(answer.get_json()["error"]["fields"])) == (422, fields)
    assert client.get("/sandbox/faults").get_json()["locked_rows"] == 0


def test_a_body_that_is_nested_too_deeply_is_no_json(client: FlaskClient, api: Any) -> None:
    deep = "[" * 100_000
    assert client.put("/sandbox/faults", data=deep).get_json()["error"]["fields"] == {"body": "is not JSON"}
    assert code(api.call("POST", "sobjects/Account", data=deep)) == "JSON_PARSER_ERROR"


def test_orders_are_made_on_demand(client: FlaskClient, api: Any, user: Callable[[str], Any]) -> None:
    body = {"count": 3, "accounts": 2, "Grand_Total__c": "1.50", "phone": "", "visible_to": [user("Sipho")["id"]]}
    made = client.post("/sandbox/orders", json=body).get_json()
    assert [order["order_number"] for order in made["orders"]] == ["00000111", "00000112", "00000113"]
    assert len({order["account_id"] for order in made["orders"]}) == 2
    row = api.query(f"SELECT Grand_Total__c, BillToContact.MobilePhone FROM Order WHERE Id = '{made['id']}'")[0]
    assert (row["Grand_Total__c"], row["BillToContact"]["MobilePhone"]) == (1.5, None)
    page = client.get(f"/orders/{made['id']}", query_string={"user": user("Sipho")["id"]})
    assert page.status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"Nope__c": 1}, "Nope__c"),
        ({"count": 0}, "count"),
        ({"Grand_Total__c": "much"}, "Grand_Total__c"),
        ({"visible_to": ["x"]}, "visible_to"),
        ({"Id": "801000000000000"}, "Id"),
    ],
)
def test_an_unusable_order_names_its_field(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.post("/sandbox/orders", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])


def test_an_order_changes_and_a_user_loses_a_right(
    client: FlaskClient, api_as: Callable[[str], Any], user: Callable[[str], Any], order_id: str
) -> None:
    changed = client.patch(f"/sandbox/orders/{order_id}", json={"Grand_Total__c": 200, "OwnerId": user("Pieter")["id"]})
    assert changed.get_json()["Grand_Total__c"] == 200
    assert client.patch(f"/sandbox/users/{user('Thandi')['id']}", json={"sees_all_orders": False}).status_code == 200
    assert api_as("Thandi").call("GET", f"sobjects/Order/{order_id}").status_code == 404
