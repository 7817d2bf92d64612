"""The org's SOQL subset."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from sandbox.org.soql.grammar.date_literals import resolve_date_literal
from sandbox.org.soql.grammar.parser import parse
from sandbox.org.soql.grammar.syntax import Comparison, Literal
from sandbox.org.wire.errors import ApiError


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
        ("BillToContact.MobilePhone = null AND Account.Phone = null AND BillToContact.Phone = null", ["104", "110"]),
        ("StatusCode = 'Activated'", ["106"]),
        ("CreatedDate > 2020-01-01T00:00:00Z AND CreatedDate = TODAY AND OrderNumber <= '00000102'", ["102"]),
        ("Order.OrderNumber >= '00000109'", ["109", "110"]),
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
    assert counted == {"totalSize": 9, "done": True, "records": []}
    text = "SELECT Grand_Total__c FROM Order ORDER BY Grand_Total__c DESC NULLS LAST LIMIT 2 OFFSET 1"
    assert [Decimal(str(row["Grand_Total__c"])) for row in api.query(text)] == [Decimal(5500), Decimal(899)]


def test_a_long_answer_comes_in_pages(client: FlaskClient, api: Any, api_as: Callable[[str], Any]) -> None:
    client.post("/sandbox/orders", json={"count": 2100})
    first = api.call("GET", "query", query_string={"q": "SELECT Id FROM Order"}).get_json()
    assert (first["totalSize"], first["done"], len(first["records"])) == (2109, False, 2000)
    path = first["nextRecordsUrl"].removeprefix("/services/data/v67.0/")
    second = api.call("GET", path).get_json()
    assert (second["done"], len(second["records"])) == (True, 109)
    assert api_as("Thandi").call("GET", path).get_json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def grouped(api: Any, text: str) -> list[dict[str, Any]]:
    rows = api.query(text)
    assert all(row.pop("attributes") == {"type": "AggregateResult"} for row in rows)
    return list(rows)


def test_rows_are_grouped_and_measured(api: Any) -> None:
    text = (
        "SELECT Currency__c, COUNT(Id), SUM(Grand_Total__c) total, MIN(OrderNumber) FROM Order "
        "WHERE Currency__c != null GROUP BY Currency__c HAVING COUNT(Id) < 5 ORDER BY SUM(Grand_Total__c) DESC"
    )
    assert grouped(api, text) == [
        {"Currency__c": "JPY", "expr0": 1, "total": 5500, "expr1": "00000107"},
        {"Currency__c": "KWD", "expr0": 1, "total": 12.345, "expr1": "00000108"},
    ]


def test_a_measure_of_all_rows_is_one_row_even_of_none(api: Any) -> None:
    nothing = "SELECT COUNT(Id) n, AVG(Grand_Total__c) mean FROM Order WHERE OrderNumber = 'none'"
    assert grouped(api, nothing) == [{"n": 0, "mean": None}]
    assert grouped(api, "SELECT COUNT_DISTINCT(Currency__c) n FROM Order") == [{"n": 3}]


def test_a_group_may_be_a_parents_field(api: Any) -> None:
    rows = grouped(api, "SELECT Owner.Name, COUNT(Id) n FROM Order GROUP BY Owner.Name ORDER BY Owner.Name LIMIT 2")
    assert rows == [{"Name": "Naledi Khumalo", "n": 1}, {"Name": "Pieter Botha", "n": 2}]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Status, COUNT(Id) FROM Order",
        "SELECT SUM(Status) FROM Order",
        "SELECT SQUARE(Grand_Total__c) FROM Order",
        "SELECT COUNT(Id) FROM Order GROUP BY Status ORDER BY Currency__c",
        "SELECT FIELDS(ALL) FROM Order",
    ],
)
def test_a_measure_that_salesforce_refuses_is_refused(api: Any, text: str) -> None:
    assert api.refusal(text) == "MALFORMED_QUERY"


def test_all_fields_come_with_a_limit(api: Any) -> None:
    row = api.query("SELECT FIELDS(ALL) FROM Order LIMIT 1")[0]
    assert {"Id", "Tax__c"} < set(row)
    assert "Tax__c" not in api.query("SELECT FIELDS(STANDARD) FROM Order")[0]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ("AccountId IN (SELECT AccountId FROM Contact WHERE FirstName = 'Lerato')", ["102"]),
        ("Currency__c = 'JPY' AND BillToContactId IN (SELECT Id FROM Contact WHERE Name LIKE '%Sato')", ["107"]),
        ("OrderNumber > '00000107' AND AccountId NOT IN (SELECT AccountId FROM Contact WHERE Name LIKE 'N%')", ["109", "110"]),
        ("AccountId IN (SELECT AccountId FROM Contact WHERE FirstName = 'Nobody')", []),
        ("Id IN (SELECT Order__c FROM Chat2Pay_Payment_Request__c)", []),
    ],
)  # fmt: skip
def test_a_semi_join_finds_its_orders(api: Any, where: str, numbers: list[str]) -> None:
    found = api.query(f"SELECT OrderNumber FROM Order WHERE {where} ORDER BY OrderNumber")
    assert [row["OrderNumber"][-3:] for row in found] == numbers


CONTACTS = "AccountId IN (SELECT AccountId FROM Contact)"


@pytest.mark.parametrize(
    ("where", "code"),
    [
        ("AccountId IN (SELECT AccountId FROM Contact WHERE AccountId IN (SELECT Id FROM Account))", "MALFORMED_QUERY"),
        (f"Status = 'Draft' OR {CONTACTS}", "MALFORMED_QUERY"),
        (f"({CONTACTS}) AND Status = 'Draft'", "MALFORMED_QUERY"),
        (f"NOT {CONTACTS}", "MALFORMED_QUERY"),
        (" AND ".join([CONTACTS] * 3), "EXCEEDED_MAX_SEMIJOIN_SUBSELECTS"),
        ("AccountId IN (SELECT Name FROM Contact)", "MALFORMED_QUERY"),
        ("Status IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY"),
        ("Id IN (SELECT Id FROM Order)", "MALFORMED_QUERY"),
        ("AccountId IN (SELECT AccountId FROM Contact LIMIT 1)", "MALFORMED_QUERY"),
        ("AccountId IN (SELECT Nope__c FROM Contact)", "INVALID_FIELD"),
        ("AccountId IN (SELECT Id FROM Nope__c)", "INVALID_TYPE"),
    ],
)
def test_a_semi_join_that_salesforce_refuses_is_refused(api: Any, where: str, code: str) -> None:
    assert api.refusal(f"SELECT Id FROM Order WHERE {where}") == code


@pytest.mark.parametrize(
    ("word", "first", "after"),
    [
        ("TODAY", "2026-11-18", "2026-11-19"),
        ("LAST_N_DAYS:3", "2026-11-15", "2026-11-19"),
        ("NEXT_N_DAYS:2", "2026-11-19", "2026-11-21"),
        ("N_DAYS_AGO:1", "2026-11-17", "2026-11-18"),
        ("THIS_WEEK", "2026-11-15", "2026-11-22"),
        ("LAST_MONTH", "2026-10-01", "2026-11-01"),
        ("NEXT_MONTH", "2026-12-01", "2027-01-01"),
        ("THIS_YEAR", "2026-01-01", "2027-01-01"),
    ],
)
def test_a_date_literal_means_whole_days(word: str, first: str, after: str) -> None:
    wednesday = date(2026, 11, 18)
    assert resolve_date_literal(word, today=wednesday) == (date.fromisoformat(first), date.fromisoformat(after))
