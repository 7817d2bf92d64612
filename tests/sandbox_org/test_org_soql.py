"""The org's SOQL subset."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.errors import ApiError
from sandbox.org.soql import Comparison, Literal, parse


def test_escapes_in_a_literal_become_their_characters() -> None:
    where = parse(r"SELECT Id FROM Order WHERE Name = 'O\'Neil \\ Sons\n'").where
    assert where == Comparison("Name", "=", (Literal("text", "O'Neil \\ Sons\n"),))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT FROM Order",
        "SELECT Id FROM Order WHERE",
        "SELECT Id FROM Order WHERE Name = 'open",
        "SELECT Id FROM Order WHERE Name = 'a' OR Name = 'b' AND Name = 'c'",
        r"SELECT Id FROM Order WHERE Name = '\q'",
        "SELECT Id FROM Order LIMIT x",
        "SELECT Id, Id FROM Order",
        "SELECT Id FROM Order; DROP",
        "SELECT Id FROM Order WHERE (((Name = 'a')",
        "",
    ],
)
def test_a_malformed_query_is_named_so(text: str) -> None:
    with pytest.raises(ApiError) as refused:
        parse(text)
    assert refused.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("OrderNumber = '00000102'", ["102"]),
        ("OrderNumber IN ('00000102', '00000104') AND Status = 'draft'", ["102", "104"]),
        ("OrderNumber NOT IN ('00000102','00000103') AND Grand_Total__c < 300", ["105", "108"]),
        ("Grand_Total__c > 100 AND (Currency__c = 'JPY' OR Grand_Total__c = 115.00)", ["102", "107"]),
        ("Grand_Total__c = null", ["103"]),
        ("Account.Name LIKE 'karoo%'", ["102"]),
        ("Account.Name LIKE '%o_ab%' AND NOT Account.Name LIKE 'K%'", ["104"]),
        ("BillToContact.MobilePhone = null AND Account.Phone = null AND BillToContact.Phone = null", ["104"]),
        ("StatusCode = 'Activated'", ["106"]),
        ("CreatedDate > 2020-01-01T00:00:00Z AND CreatedDate = TODAY AND OrderNumber <= '00000102'", ["102"]),
        ("Order.OrderNumber >= '00000109'", ["109"]),
    ],
)
def test_a_condition_finds_its_orders(api: Any, where: str, numbers: list[str]) -> None:
    found = api.query(f"SELECT OrderNumber FROM Order WHERE {where} ORDER BY OrderNumber")
    assert [row["OrderNumber"][-3:] for row in found] == numbers


def test_parents_are_nested_and_a_missing_one_is_null(api: Any, order_id: str) -> None:
    text = (
        f"SELECT BillToContact.MobilePhone, ShipToContact.Name, Owner.Profile.Name FROM Order WHERE Id = '{order_id}'"
    )
    row = api.query(text)[0]
    assert row["attributes"]["url"] == f"/services/data/v67.0/sobjects/Order/{order_id}"
    assert row["BillToContact"]["MobilePhone"] == "+27 83 123 4567"
    assert row["ShipToContact"] is None
    assert row["Owner"]["Profile"]["Name"] == "Service Agent"


def test_amounts_are_numbers_on_the_wire_and_exact(api: Any) -> None:
    text = "SELECT Grand_Total__c FROM Order WHERE Currency__c = 'KWD'"
    assert b'"Grand_Total__c":12.345}' in api.call("GET", "query", query_string={"q": text}).data


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Nope__c FROM Order", "INVALID_FIELD"),
        ("SELECT Nope__r.Name FROM Order", "INVALID_FIELD"),
        ("SELECT Id FROM Order WHERE Nope__c = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Order WHERE Grand_Total__c = '115'", "INVALID_FIELD"),
        ("SELECT Id FROM Order WHERE CreatedDate > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Nope__c", "INVALID_TYPE"),
        ("SELECT Id FROM Order WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM UserRecordAccess", "MALFORMED_QUERY"),
    ],
)
def test_a_query_about_unknown_things_is_refused(api: Any, text: str, code: str) -> None:
    assert api.refusal(text) == code


def test_count_limit_offset_and_order(api: Any) -> None:
    counted = api.call("GET", "query", query_string={"q": "SELECT COUNT() FROM Order"}).get_json()
    assert counted == {"totalSize": 8, "done": True, "records": []}
    text = "SELECT Grand_Total__c FROM Order ORDER BY Grand_Total__c DESC NULLS LAST LIMIT 2 OFFSET 1"
    assert [Decimal(str(row["Grand_Total__c"])) for row in api.query(text)] == [Decimal(5500), Decimal(899)]


def test_a_long_answer_comes_in_pages(client: FlaskClient, api: Any, api_as: Callable[[str], Any]) -> None:
    client.post("/sandbox/orders", json={"count": 2100})
    first = api.call("GET", "query", query_string={"q": "SELECT Id FROM Order"}).get_json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (2108, False, 2000)
    path = first["nextRecordsUrl"].removeprefix("/services/data/v67.0/")
    second = api.call("GET", path).get_json()
    assert (second["done"], len(second["records"])) == (True, 108)
    assert api_as("Thandi").call("GET", path).get_json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
