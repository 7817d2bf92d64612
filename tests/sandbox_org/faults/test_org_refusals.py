"""What the org refuses on purpose: records, calls, logins, and what its version rule says."""

from typing import Any

import pytest
from flask.testing import FlaskClient

RULE = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Say why.", "fields": ["Reason__c"]}
TRIGGER = {"statusCode": "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", "message": "OrderTrigger: AfterUpdate", "fields": []}


def refuse(client: FlaskClient, **plan: Any) -> Any:
    answer = client.put("/sandbox/refusals", json=plan)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def save(api: Any, *records: dict[str, Any]) -> list[Any]:
    body = {"allOrNone": False, "records": [{"attributes": {"type": "Order"}, **one} for one in records]}
    results: list[Any] = api.call("PATCH", "composite/sobjects", json=body).get_json()
    return results


def test_a_record_is_refused_with_all_its_errors_and_the_others_are_saved(
    client: FlaskClient, api: Any, order_id: str
) -> None:
    other = client.post("/sandbox/orders", json={}).get_json()["id"]
    refuse(client, records=[{"object": "Order", "ids": [order_id], "errors": [RULE, TRIGGER]}])
    refused, saved = save(
        api, {"id": order_id, "Chat2Pay_Reference__c": "x"}, {"id": other, "Chat2Pay_Reference__c": "x"}
    )
    assert (refused["success"], refused["errors"]) == (False, [RULE, TRIGGER])
    assert saved["success"] is True
    client.delete("/sandbox/refusals")
    assert save(api, {"id": order_id, "Chat2Pay_Reference__c": "x"})[0]["success"] is True


def test_a_refusal_may_concern_some_fields_only(client: FlaskClient, api: Any, order_id: str) -> None:
    refuse(client, records=[{"object": "Order", "writes": ["Status"], "errors": [RULE]}])
    assert save(api, {"id": order_id, "Chat2Pay_Reference__c": "x"})[0]["success"] is True
    assert save(api, {"id": order_id, "Status": "Activated"})[0]["success"] is False


def test_a_refusal_may_concern_records_with_a_value_only(client: FlaskClient, api: Any, order_id: str) -> None:
    refuse(client, records=[{"object": "Order", "where": {"Chat2Pay_Reference__c": "x"}, "errors": [RULE]}])
    assert save(api, {"id": order_id, "Chat2Pay_Reference__c": "y"})[0]["success"] is True
    assert save(api, {"id": order_id, "Chat2Pay_Reference__c": "x"})[0]["success"] is False


@pytest.mark.parametrize("body", [[{"errorCode": "QUERY_TIMEOUT", "message": "long"}], "<html>Maintenance</html>"])
def test_a_whole_call_is_answered_as_asked(client: FlaskClient, api: Any, body: Any) -> None:
    refuse(client, calls={"status": 400, "body": body, "path": "composite"})
    answer = api.call("POST", "composite", json={"compositeRequest": []})
    assert answer.status_code == 400
    assert (answer.get_json(silent=True) or answer.text) == body
    assert api.call("GET", "limits").status_code == 200


def test_a_login_is_answered_as_asked(client: FlaskClient) -> None:
    body = {"error": "invalid_grant", "error_description": "login rate exceeded"}
    refuse(client, logins={"status": 400, "body": body})
    answer = client.post("/services/oauth2/token", data={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.get_json()) == (400, body)


def test_the_version_rule_says_what_the_admin_wrote_and_the_tooling_api_tells_it(
    client: FlaskClient, api: Any, order_id: str
) -> None:
    query = "SELECT Active, ErrorMessage FROM ValidationRule WHERE ValidationName = 'Chat2Pay_Version_Never_Goes_Back'"
    rows = api.call("GET", f"tooling/query?q={query}").get_json()["records"]
    assert {row["EntityDefinition"]["QualifiedApiName"] for row in rows} == {"Order", "Chat2Pay_Payment_Request__c"}
    assert all("[chat2pay:newer-version]" in row["ErrorMessage"] for row in rows)
    save(api, {"id": order_id, "Chat2Pay_Version__c": 5})
    refuse(client, version_rules={"Order": {"message": "Zu alt."}})
    (refused,) = save(api, {"id": order_id, "Chat2Pay_Version__c": 4})
    assert refused["errors"][0]["message"] == "Zu alt."
    refuse(client, version_rules={"Order": {"active": False}})
    assert save(api, {"id": order_id, "Chat2Pay_Version__c": 4})[0]["success"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"earthquake": 1}, "earthquake"),
        ({"records": [{"object": "Nope", "errors": [RULE]}]}, "records"),
        ({"records": [{"object": "Order", "errors": []}]}, "records"),
        ({"records": 7}, "records"),
        ({"calls": {"status": 200}}, "calls"),
        ({"logins": "no"}, "logins"),
        ({"version_rules": {"Account": {"active": False}}}, "version_rules"),
        ({"version_rules": {"Order": {"loud": True}}}, "version_rules"),
    ],
)
def test_an_unusable_refusal_is_named(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.put("/sandbox/refusals", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])
