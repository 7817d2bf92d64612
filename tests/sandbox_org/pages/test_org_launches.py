"""Launches and pages of the org."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient


def verified(signed: str, secret: str) -> dict[str, Any]:
    """Check and read a signed request as Salesforce's guide describes it."""
    signature, _, context = signed.partition(".")
    digest = hmac.new(secret.encode(), context.encode(), hashlib.sha256).digest()
    assert hmac.compare_digest(base64.b64encode(digest).decode(), signature)
    request: dict[str, Any] = json.loads(base64.b64decode(context))
    return request


def test_a_launch_is_signed_and_names_user_and_order(client: FlaskClient, credentials: Any, order_id: str) -> None:
    launch = client.post("/sandbox/launches", json={}).get_json()
    request = verified(launch["signed_request"], credentials["canvas_secret"])
    assert launch["launch_url"] == "http://127.0.0.1:8000/launch"
    assert (request["algorithm"], set(request["context"])) == (
        "HMACSHA256",
        {"application", "user", "environment", "organization", "links"},
    )
    assert request["context"]["environment"]["parameters"] == {"orderId": order_id}
    assert request["context"]["organization"]["organizationId"] == credentials["org_id"]
    assert request["context"]["user"]["fullName"] == "Thandi Nkosi"
    assert request["userId"] == request["context"]["user"]["userId"]


def test_the_token_inside_is_the_users_own(client: FlaskClient, credentials: Any, user: Callable[[str], Any]) -> None:
    body = {"user_id": user("Pieter")["id"][:15], "order_id": "801000000000000", "launched_at": "2026-11-21T10:00:00Z"}
    request = verified(
        client.post("/sandbox/launches", json=body).get_json()["signed_request"], credentials["canvas_secret"]
    )
    headers = {"Authorization": f"Bearer {request['client']['oauthToken']}"}
    assert client.get("/services/oauth2/userinfo", headers=headers).get_json()["name"] == "Pieter Botha"
    parameters = {"orderId": "801000000000000", "launchedAt": "2026-11-21T10:00:00Z"}
    assert request["context"]["environment"]["parameters"] == parameters
    assert request["client"]["refreshToken"] is None


def test_two_launches_differ(client: FlaskClient) -> None:
    first, second = (client.post("/sandbox/launches", json={}).get_json()["signed_request"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize(
    ("body", "field"), [({"user_id": "nobody"}, "user_id"), ({"order_id": 7}, "order_id"), ({"user": "x"}, "user")]
)
def test_an_unusable_launch_names_its_field(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.post("/sandbox/launches", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])


def test_the_record_page_posts_the_signed_request_into_a_frame(
    client: FlaskClient, credentials: Any, order_id: str
) -> None:
    page = client.get(f"/orders/{order_id}")
    policy = page.headers["Content-Security-Policy"]
    assert "frame-src http://127.0.0.1:8000;" in policy
    assert "form-action 'self' http://127.0.0.1:8000;" in policy
    assert "unsafe" not in policy
    assert '<form method="post" action="http://127.0.0.1:8000/launch" target="chat2pay"' in page.text
    found = re.search(r'name="signed_request" value="([^"]+)"', page.text)
    assert found is not None
    assert (
        verified(found[1], credentials["canvas_secret"])["context"]["environment"]["parameters"]["orderId"] == order_id
    )
    assert "<script>" not in page.text


def test_the_record_page_learns_of_changes(client: FlaskClient, api: Any, order_id: str) -> None:
    api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Payment_State__c": "part_paid"})
    reference = "sobjects/Chat2Pay_Payment_Request__c/Reference__c/c2p_1"
    values = {"Status__c": "sent", "Channel__c": "sms", "Amount__c": "1234.5"}
    made = api.call("PATCH", reference, json={"Order__c": order_id, **values}).get_json()
    # It is the integration user's own, and private: an agent who sees the order does not see it.
    assert client.get(f"/orders/{order_id}/live").get_json()["requests"] == []
    owner = client.application.extensions["org"].first_agent()["Id"]
    api.call("PATCH", f"sobjects/Chat2Pay_Payment_Request__c/{made['id']}", json={"OwnerId": owner})
    live = client.get(f"/orders/{order_id}/live").get_json()
    assert {"name": "Chat2Pay_Payment_State__c", "label": "Payment State", "text": "Part paid"} in live["fields"]
    assert [cell["text"] for cell in live["requests"][0]["cells"]][:4] == ["PR-00000001", "Sent", "SMS", "ZAR 1,234.50"]


def test_a_value_that_a_picklist_does_not_have_is_shown_as_it_is(client: FlaskClient, api: Any, order_id: str) -> None:
    api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Payment_State__c": "from_a_newer_connector"})
    live = client.get(f"/orders/{order_id}/live").get_json()
    shown = {field["name"]: field["text"] for field in live["fields"]}
    assert shown["Chat2Pay_Payment_State__c"] == "from_a_newer_connector"


def test_the_record_page_shows_what_the_products_add_up_to_beside_the_total_with_tax(
    client: FlaskClient, order_id: str
) -> None:
    live = client.get(f"/orders/{order_id}/live").get_json()
    shown = {field["name"]: field["text"] for field in live["fields"]}
    assert (shown["TotalAmount"], shown["Grand_Total__c"]) == ("ZAR 100.00", "ZAR 115.00")


def test_somebody_without_access_sees_neither_record_nor_launch(
    client: FlaskClient, user: Callable[[str], Any], order_id: str
) -> None:
    page = client.get(f"/orders/{order_id}", query_string={"user": user("Sipho")["id"]})
    assert page.status_code == 403
    assert "signed_request" not in page.text
    assert client.get(f"/orders/{order_id}/live", query_string={"user": user("Sipho")["id"]}).status_code == 404
    assert "No orders to show" in client.get("/", query_string={"user": user("Sipho")["id"]}).text


def test_the_list_shows_what_the_user_may_see(client: FlaskClient, user: Callable[[str], Any]) -> None:
    page = client.get("/", query_string={"user": user("Pieter")["id"]}).text
    assert "00000103" in page
    assert "00000102" not in page


def test_another_name_for_this_machine_is_refused(client: FlaskClient) -> None:
    assert client.get("/sandbox/credentials", headers={"Host": "evil.example"}).status_code == 421
