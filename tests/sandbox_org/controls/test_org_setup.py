"""What an admin switches in Setup: features, refreshes, picklists, managed orders, restriction rules and consent."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.app import create_app
from sandbox.org.wire.errors import StartupError

REQUEST = "Chat2Pay_Payment_Request__c"


def code(answer: Any) -> str:
    return str(answer.get_json()[0]["errorCode"])


def switch(client: FlaskClient, **settings: Any) -> dict[str, Any]:
    answer = client.patch("/sandbox/org", json=settings)
    assert answer.status_code == 200, answer.text
    facts: dict[str, Any] = answer.get_json()
    return facts


def fields_of(api: Any, object_name: str) -> set[str]:
    return {field["name"] for field in api.call("GET", f"sobjects/{object_name}/describe").get_json()["fields"]}


@pytest.mark.parametrize("object_name", ["Order", "Account", REQUEST])
def test_the_currency_field_exists_with_multi_currency_only(client: FlaskClient, api: Any, object_name: str) -> None:
    assert "CurrencyIsoCode" not in fields_of(api, object_name)
    assert api.refusal(f"SELECT CurrencyIsoCode FROM {object_name}") == "INVALID_FIELD"
    switch(client, multi_currency=True)
    assert "CurrencyIsoCode" in fields_of(api, object_name)


def test_orders_keep_their_currency_when_the_field_appears(client: FlaskClient, api: Any) -> None:
    switch(client, multi_currency=True)
    found = api.query("SELECT CurrencyIsoCode, COUNT(Id) n FROM Order GROUP BY CurrencyIsoCode ORDER BY COUNT(Id) DESC")
    assert {row["CurrencyIsoCode"]: row["n"] for row in found} == {"ZAR": 7, "JPY": 1, "KWD": 1}
    refused = api.call("POST", f"sobjects/{REQUEST}", json={"Reference__c": "c2p_1", "CurrencyIsoCode": "XXX"})
    assert code(refused) == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    launch = client.post("/sandbox/launches", json={}).get_json()["signed_request"]
    context = json.loads(base64.b64decode(launch.partition(".")[2]))["context"]
    assert context["organization"]["multicurrencyEnabled"] is True


def test_a_person_account_is_its_own_contact(client: FlaskClient, api: Any) -> None:
    text = (
        "SELECT BillToContactId, Account.Name, Account.IsPersonAccount, Account.PersonMobilePhone, "
        "Account.PersonContact.MobilePhone FROM Order WHERE OrderNumber = '00000110'"
    )
    row = api.query(text)[0]
    assert (row["BillToContactId"], row["Account"]["Name"]) == (None, "Zanele Mbeki")
    assert row["Account"]["IsPersonAccount"] is True
    assert row["Account"]["PersonMobilePhone"] == row["Account"]["PersonContact"]["MobilePhone"] == "+27 83 123 4575"
    switch(client, person_accounts=False)
    assert api.refusal(text) == "INVALID_FIELD"


def test_order_summaries_exist_where_order_management_does(client: FlaskClient, api: Any, order_id: str) -> None:
    text = (
        f"SELECT OrderNumber, GrandTotalAmount, TotalTaxAmount FROM OrderSummary WHERE OriginalOrderId = '{order_id}'"
    )
    assert api.refusal(text) == "INVALID_TYPE"
    refused = client.patch(f"/sandbox/orders/{order_id}", json={"managed": True})
    assert list(refused.get_json()["error"]["fields"]) == ["managed"]
    switch(client, order_summaries=True)
    client.patch(f"/sandbox/orders/{order_id}", json={"managed": True})
    row = api.query(text)[0]
    assert (row["OrderNumber"], row["GrandTotalAmount"], row["TotalTaxAmount"]) == ("00000102", 115, 15)
    summary = row["attributes"]["url"].rpartition("/")[2]
    written = api.call("PATCH", f"sobjects/OrderSummary/{summary}", json={"Status": "Approved"})
    assert code(written) == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


def test_a_managed_order_refuses_amounts_and_nothing_else(client: FlaskClient, api: Any, order_id: str) -> None:
    switch(client, order_summaries=True)
    client.patch(f"/sandbox/orders/{order_id}", json={"managed": True})
    path = f"sobjects/Order/{order_id}"
    refused = api.call("PATCH", path, json={"Chat2Pay_Amount_Paid__c": 115, "Chat2Pay_Status__c": "paid"})
    assert (code(refused), refused.get_json()[0]["fields"]) == (
        "FIELD_INTEGRITY_EXCEPTION",
        ["Chat2Pay_Amount_Paid__c"],
    )
    assert api.call("PATCH", path, json={"Chat2Pay_Status__c": "paid"}).status_code == 204
    client.patch(f"/sandbox/orders/{order_id}", json={"managed": False})
    assert api.call("PATCH", path, json={"Chat2Pay_Amount_Paid__c": 115}).status_code == 204


def test_a_refresh_gives_another_org_id_and_keeps_everything_else(client: FlaskClient, credentials: Any) -> None:
    facts = switch(client, org_id="new", is_sandbox=False)
    now = client.get("/sandbox/credentials").get_json()
    assert facts["org_id"] == now["org_id"] != credentials["org_id"]
    assert (now["client_id"], now["canvas_secret"]) == (credentials["client_id"], credentials["canvas_secret"])
    assert [one["id"] for one in now["users"]] == [one["id"] for one in credentials["users"]]
    old, new = (
        client.get(
            "/services/data/v67.0/query",
            query_string={"q": "SELECT Id, IsSandbox, InstanceName FROM Organization"},
            headers={"Authorization": f"Bearer {known['users'][3]['access_token']}"},
        )
        for known in (credentials, now)
    )
    assert (old.status_code, code(old)) == (401, "INVALID_SESSION_ID")
    row = new.get_json()["records"][0]
    assert (row["Id"], row["IsSandbox"]) == (now["org_id"], False)


def test_what_was_switched_survives_a_restart(tmp_path: Path) -> None:
    first = create_app(tmp_path)
    switch(first.test_client(), multi_currency=True, session_s=60)
    first.extensions["org"].records.close()
    second = create_app(tmp_path)
    facts = second.test_client().get("/sandbox/org").get_json()
    assert (facts["multi_currency"], facts["session_s"]) == (True, 60)
    second.extensions["org"].records.close()


def test_a_folder_of_an_earlier_sandbox_is_not_used(tmp_path: Path) -> None:
    made = create_app(tmp_path)
    made.extensions["org"].records.save_setting("filled", value=True)
    made.extensions["org"].records.close()
    with pytest.raises(StartupError, match="start afresh"):
        create_app(tmp_path)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"multi_currency": "yes"}, "multi_currency"),
        ({"org_id": "801000000000000"}, "org_id"),
        ({"ip_refused": "mine"}, "ip_refused"),
        ({"session_s": 0}, "session_s"),
        ({"weather": "fine"}, "weather"),
    ],
)
def test_an_unusable_setting_is_named_and_changes_nothing(client: FlaskClient, body: Any, field: str) -> None:
    before = client.get("/sandbox/org").get_json()
    answer = client.patch("/sandbox/org", json={"is_sandbox": False, **body})
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])
    assert client.get("/sandbox/org").get_json() == before


def test_a_picklist_loses_a_value(client: FlaskClient, api: Any, order_id: str) -> None:
    change = {"Order.Chat2Pay_Payment_State__c": {"restricted": True, "without": ["paid"]}}
    assert client.put("/sandbox/picklists", json=change).status_code == 200
    path = f"sobjects/Order/{order_id}"
    refused = api.call("PATCH", path, json={"Chat2Pay_Payment_State__c": "paid"})
    assert code(refused) == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert api.call("PATCH", path, json={"Chat2Pay_Payment_State__c": "requested"}).status_code == 204
    fields = api.call("GET", "sobjects/Order/describe").get_json()["fields"]
    state = next(field for field in fields if field["name"] == "Chat2Pay_Payment_State__c")
    assert "paid" not in [value["value"] for value in state["picklistValues"]]
    client.put("/sandbox/picklists", json={})
    assert api.call("PATCH", path, json={"Chat2Pay_Payment_State__c": "paid"}).status_code == 204


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("Order.Nope__c", {}),
        ("Order.OrderNumber", {"without": ["x"]}),
        ("Order.Status", {"without": "Draft"}),
        ("Order.Status", ["Draft"]),
    ],
)
def test_an_unusable_picklist_is_named(client: FlaskClient, path: str, change: Any) -> None:
    answer = client.put("/sandbox/picklists", json={path: change})
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [path])


def test_a_restriction_rule_hides_an_order_that_sharing_gives(
    client: FlaskClient, api: Any, api_as: Callable[[str], Any], user: Callable[[str], Any], order_id: str
) -> None:
    thandi = user("Thandi")["id"]
    client.patch(f"/sandbox/orders/{order_id}", json={"restricted_for": [thandi]})
    assert api_as("Thandi").query(f"SELECT Id FROM Order WHERE Id = '{order_id}'") == []
    assert code(api_as("Thandi").call("GET", f"sobjects/Order/{order_id}")) == "NOT_FOUND"
    assert client.get(f"/orders/{order_id}", query_string={"user": thandi}).status_code == 403
    where = f"UserId = '{thandi}' AND RecordId = '{order_id}'"
    access = api.query(f"SELECT RecordId, HasReadAccess, HasEditAccess FROM UserRecordAccess WHERE {where}")[0]
    assert (access["HasReadAccess"], access["HasEditAccess"]) == (True, True)


def made(client: FlaskClient, object_name: str, **values: Any) -> str:
    answer = client.post("/sandbox/records", json={"object": object_name, "values": values})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


def test_consent_is_kept_where_salesforce_keeps_it(client: FlaskClient, api: Any) -> None:
    person = made(client, "Individual", LastName="Mokoena")
    made(client, "ContactPointTypeConsent", Name="SMS", PartyId=person, PrivacyConsentStatus="OptOut")
    key = "+27831234567"
    made(client, "MessagingEndUser", MessagingPlatformKey=key, MessagingConsentStatus="ExplicitlyOptedOut")
    found = api.query(f"SELECT MessagingConsentStatus FROM MessagingEndUser WHERE MessagingPlatformKey = '{key}'")
    assert found[0]["MessagingConsentStatus"] == "ExplicitlyOptedOut"
    found = api.query(f"SELECT PrivacyConsentStatus FROM ContactPointTypeConsent WHERE PartyId = '{person}'")
    assert found[0]["PrivacyConsentStatus"] == "OptOut"


def test_a_contact_opts_out(client: FlaskClient, api: Any) -> None:
    text = "SELECT Id, HasOptedOutOfSms__c FROM Contact WHERE LastName = 'Mokoena'"
    contact = api.query(text)[0]
    assert contact["HasOptedOutOfSms__c"] is False
    client.patch(f"/sandbox/records/{contact['Id']}", json={"HasOptedOutOfSms__c": True, "FirstName": "Rato"})
    assert api.query(f"{text} AND Name = 'Rato Mokoena'")[0]["HasOptedOutOfSms__c"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"object": "Nope__c", "values": {}}, "object"),
        ({"object": "Contact", "values": {"Nope__c": 1}}, "values"),
        ({"object": "Contact", "values": []}, "values"),
    ],
)
def test_an_unusable_record_is_named(client: FlaskClient, body: Any, field: str) -> None:
    answer = client.post("/sandbox/records", json=body)
    assert (answer.status_code, list(answer.get_json()["error"]["fields"])) == (422, [field])


def test_an_external_id_that_two_records_share_offers_both(client: FlaskClient, api: Any) -> None:
    path = "sobjects/Account/Customer_Number__c/C-1"
    assert api.call("PATCH", path, json={"Name": "First"}).status_code == 201
    assert api.call("PATCH", path, json={"Name": "Renamed"}).status_code == 200
    second = made(client, "Account", Name="Second", Customer_Number__c="C-1")
    for method, body in (("PATCH", {"Name": "Which?"}), ("GET", None)):
        answer = api.call(method, path, json=body)
        assert answer.status_code == 300
        assert f"/services/data/v67.0/sobjects/Account/{second}" in answer.get_json()
        assert len(answer.get_json()) == 2
    record = {"attributes": {"type": "Account"}, "Customer_Number__c": "C-1", "Name": "Which?"}
    both = {"allOrNone": False, "records": [record]}
    result = api.call("PATCH", "composite/sobjects/Account/Customer_Number__c", json=both).get_json()[0]
    assert result["errors"][0]["statusCode"] == "DUPLICATE_EXTERNAL_ID"


def test_the_orders_statuses_are_a_table_of_their_own(api: Any) -> None:
    rows = api.query("SELECT ApiName, MasterLabel, StatusCode FROM OrderStatus")
    assert {row["StatusCode"] for row in rows} == {"Draft", "Activated"}


def test_a_user_is_known_by_language_and_zone(api: Any, user: Callable[[str], Any]) -> None:
    text = "SELECT Id, Name, Username, IsActive, LanguageLocaleKey, TimeZoneSidKey FROM User"
    row = api.query(f"{text} WHERE Id = '{user('Pieter')['id']}'")[0]
    assert (row["IsActive"], row["LanguageLocaleKey"], row["TimeZoneSidKey"]) == (True, "af", "Africa/Johannesburg")
