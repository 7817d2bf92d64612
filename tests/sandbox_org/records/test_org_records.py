"""Records of the org: ids, fields, the version rule, and who may do what."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.metadata import source_format
from sandbox.org.metadata.project import package_folder
from sandbox.org.wire.errors import StartupError
from sandbox.org.wire.ids import MalformedId, canonical_id

REQUEST = "Chat2Pay_Payment_Request__c"
RULE = "Chat2Pay_Version_Never_Goes_Back.validationRule-meta.xml"


def code(answer: Any) -> str:
    return str(answer.get_json()[0]["errorCode"])


def test_the_suffix_is_salesforces_own_checksum() -> None:
    # Published example pair of the 15- and 18-character form.
    assert canonical_id("001A0000006Vm9r") == "001A0000006Vm9rIAC"
    assert canonical_id("001a0000006vm9riac") == "001A0000006Vm9rIAC"


@pytest.mark.parametrize("text", ["", "001", "001A0000006Vm9rIAD", "001A0000006Vm9r!AC", "../../../etc/pas", None, 7])
def test_anything_else_is_no_id(text: Any) -> None:
    with pytest.raises(MalformedId):
        canonical_id(text)


@pytest.mark.parametrize("length", [15, 18])
def test_both_forms_of_an_id_find_the_order(api: Any, order_id: str, length: int) -> None:
    short = order_id[:length]
    assert api.call("GET", f"sobjects/Order/{short}").get_json()["Id"] == order_id
    assert api.query(f"SELECT Id FROM Order WHERE Id IN ('{short}')")[0]["Id"] == order_id
    assert api.call("PATCH", f"sobjects/Order/{short}", json={"Chat2Pay_Amount_Due__c": 1}).status_code == 204


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Nope__c": 1}, "INVALID_FIELD"),
        ({"Chat2Pay_Reference__c": "x" * 41}, "STRING_TOO_LONG"),
        ({"Chat2Pay_Amount_Due__c": "a lot"}, "JSON_PARSER_ERROR"),
        ({"Chat2Pay_Amount_Due__c": 10**15}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ({"Chat2Pay_Paid_At__c": "yesterday"}, "JSON_PARSER_ERROR"),
        ({"AccountId": "nobody"}, "MALFORMED_ID"),
        ({"AccountId": "001Qy0000099999"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"OrderNumber": "1"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"Status": None}, "REQUIRED_FIELD_MISSING"),
    ],
)
def test_a_wrong_value_is_refused_as_salesforce_does(api: Any, order_id: str, values: Any, expected: str) -> None:
    answer = api.call("PATCH", f"sobjects/Order/{order_id}", json=values)
    assert (answer.status_code, code(answer)) == (400, expected)


def test_an_unknown_picklist_value_is_kept(api: Any, order_id: str) -> None:
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json={"Chat2Pay_Status__c": "newer_word"}).status_code == 204


@pytest.mark.parametrize(("version", "status"), [(6, 204), (5, 204), (4, 400)])
def test_only_a_lower_version_is_refused(api: Any, order_id: str, version: int, status: int) -> None:
    path = f"sobjects/Order/{order_id}"
    assert api.call("PATCH", path, json={"Chat2Pay_Version__c": 5}).status_code == 204
    answer = api.call("PATCH", path, json={"Chat2Pay_Version__c": version, "Chat2Pay_Payment_State__c": "paid"})
    assert answer.status_code == status
    if status == 400:
        assert code(answer) == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
        assert "newer version" in answer.get_json()[0]["message"]
        assert api.call("GET", path).get_json()["Chat2Pay_Payment_State__c"] is None


def test_a_rule_that_cannot_be_evaluated_stops_the_start(tmp_path: Path) -> None:
    copy = tmp_path / "base"
    shutil.copytree(package_folder("base"), copy)
    rule = copy / "objects" / "Order" / "validationRules" / RULE
    rule.write_text(rule.read_text().replace("ISNEW()", "REGEX(Status)"))
    with pytest.raises(StartupError, match=RULE):
        source_format.read_metadata(copy)


def test_an_inactive_rule_is_not_kept(tmp_path: Path) -> None:
    copy = tmp_path / "base"
    shutil.copytree(package_folder("base"), copy)
    rule = copy / "objects" / "Order" / "validationRules" / RULE
    rule.write_text(rule.read_text().replace("<active>true", "<active>false"))
    left = [rule.name for rule in source_format.read_metadata(copy).objects["Order"].rules]
    assert left == ["Chat2Pay_Only_Connector_Writes"]


def test_an_upsert_creates_once_and_then_updates(api: Any, order_id: str) -> None:
    path = f"sobjects/{REQUEST}/Reference__c/c2p_1"
    created = api.call("PATCH", path, json={"Order__c": order_id[:15], "Amount__c": 115.00})
    again = api.call("PATCH", path, json={"Status__c": "paid"})
    assert (created.status_code, created.get_json()["created"]) == (201, True)
    assert (again.status_code, again.get_json()["created"]) == (200, False)
    assert again.get_json()["id"] == created.get_json()["id"]
    assert api.call("GET", path).get_json()["Order__c"] == order_id
    assert code(api.call("POST", f"sobjects/{REQUEST}", json={"Reference__c": "c2p_1"})) == "DUPLICATE_VALUE"
    assert code(api.call("PATCH", "sobjects/Order/OrderNumber/1", json={})) == "INVALID_FIELD"


def test_describe_tells_what_the_metadata_says(api: Any, api_as: Callable[[str], Any]) -> None:
    fields = {field["name"]: field for field in api.call("GET", f"sobjects/{REQUEST}/describe").get_json()["fields"]}
    assert (fields["Amount__c"]["type"], fields["Amount__c"]["precision"], fields["Amount__c"]["scale"]) == (
        "double",
        18,
        3,
    )
    assert (fields["Reference__c"]["externalId"], fields["Reference__c"]["unique"]) == (True, True)
    assert fields["Order__c"]["referenceTo"] == ["Order"]
    assert "rejected" in [value["value"] for value in fields["Status__c"]["picklistValues"]]
    assert fields["Status__c"]["restrictedPicklist"] is False
    plain = api_as("Sipho").call("GET", "sobjects/Order/describe").get_json()["fields"]
    assert not any(field["updateable"] for field in plain)


def seen(api: Any) -> list[str]:
    return [row["OrderNumber"][-3:] for row in api.query("SELECT OrderNumber FROM Order ORDER BY OrderNumber")]


def test_each_user_sees_their_orders_only(api_as: Callable[[str], Any]) -> None:
    assert seen(api_as("Integration")) == [str(number) for number in range(102, 111)]
    assert seen(api_as("Naledi")) == [str(number) for number in range(102, 111)]
    assert seen(api_as("Thandi")) == [str(number) for number in (*range(102, 109), 110)]
    assert seen(api_as("Pieter")) == ["103", "105"]
    assert seen(api_as("Sipho")) == []


def test_a_hidden_order_does_not_exist_for_the_user(api: Any, api_as: Callable[[str], Any], order_id: str) -> None:
    pieter = api_as("Pieter")
    assert code(pieter.call("GET", f"sobjects/Order/{order_id}")) == "NOT_FOUND"
    assert code(pieter.call("PATCH", f"sobjects/Order/{order_id}", json={})) == "NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "number", "level"),
    [
        ("Thandi", "102", "Edit"),
        ("Thandi", "106", "Read"),
        ("Naledi", "106", "Edit"),
        ("Pieter", "102", "None"),
        ("Sipho", "103", "None"),
    ],
)
def test_user_record_access_tells_the_same(
    api: Any, user: Callable[[str], Any], name: str, number: str, level: str
) -> None:
    order = api.query(f"SELECT Id FROM Order WHERE OrderNumber = '00000{number}'")[0]["Id"]
    where = f"UserId = '{user(name)['id']}' AND RecordId = '{order}'"
    columns = "RecordId, HasReadAccess, HasEditAccess, MaxAccessLevel"
    row = api.query(f"SELECT {columns} FROM UserRecordAccess WHERE {where}")[0]
    assert (row["RecordId"], row["MaxAccessLevel"]) == (order, level)
    assert (row["HasReadAccess"], row["HasEditAccess"]) == (level != "None", level == "Edit")


def test_an_activated_order_needs_its_own_right(
    client: FlaskClient, api_as: Callable[[str], Any], order_id: str
) -> None:
    client.patch(f"/sandbox/orders/{order_id}", json={"activated": True})
    path, body = f"sobjects/Order/{order_id}", {"Chat2Pay_Payment_State__c": "paid"}
    refused = api_as("Thandi").call("PATCH", path, json=body)
    assert (refused.status_code, code(refused)) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    assert api_as("Integration").call("PATCH", path, json=body).status_code == 204


def test_an_order_refuses_as_it_was_told(client: FlaskClient, api: Any, order_id: str) -> None:
    client.patch(f"/sandbox/orders/{order_id}", json={"refuses_updates_with": "ENTITY_IS_LOCKED"})
    assert code(api.call("PATCH", f"sobjects/Order/{order_id}", json={})) == "ENTITY_IS_LOCKED"
    client.patch(f"/sandbox/orders/{order_id}", json={"refuses_updates_with": None})
    assert api.call("PATCH", f"sobjects/Order/{order_id}", json={}).status_code == 204
