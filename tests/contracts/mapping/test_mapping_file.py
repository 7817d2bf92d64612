"""A mapping file: what is not one is named by its entry, nothing in it can become SQL, and what is kept makes it again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.domain.tenants.mapping import ConsentRule, LineFields, UnknownConsent
from connector.errors import Invalid
from connector.journeys.mapping.validate_mapping import validate_mapping
from connector.salesforce.orders.order_queries import order_query, read_order
from connector.store.tenants.mappings import build_mapping, own_mapping, whole_mapping
from tests.factories import make_tenant

QUERY = "SELECT Status FROM ContactPointTypeConsent WHERE PartyId = '{contact_id}' AND Name = '{phone}'"
WHOLE: dict[str, Any] = {
    "order_object": "Order",
    "read": {
        "number": "Number__c",
        "account": None,
        "contact": "ShipToContactId",
        "currency": "CurrencyIsoCode",
        "phones": ["Phone__c", "BillToContact.MobilePhone", "Account.PersonMobilePhone", "Account.Phone"],
        "profiles": [
            "order_commerce",
            {"name": "mine", "total": "Total__c", "tax": "Tax__c", "sub_total": "Net__c"},
            "order",
        ],
        "language": {"field": "Account.Locale__c", "table": {"en_US": "en", "af": "af"}, "default": "en"},
        "lines": {"name": "Description", "amount": "AdjustedLineAmount"},
    },
    "payable": [
        {"field": "Status", "none_of": ["Cancelled"]},
        {"field": "Account.Type", "one_of": ["Customer", "Partner"]},
    ],
    "consents": {
        "whatsapp": {"field": "BillToContact.WhatsApp__c", "yes": ["true"], "unknown": "ask"},
        "sms": {"query": QUERY, "yes": ["OptIn"], "no": ["OptOut"], "unknown": "refuse"},
    },
    "write_order": {"amount_due": "Due__c", "changed_at": None},
    "write_status": {"field": "Status", "values": {"paid": "Activated", "reversed": "Draft"}},
    "write_request": {"order_summary": "Summary__c"},
    "api_version": "66.0",
}


def test_every_entry_that_there_is_can_be_given_and_is_found_again() -> None:
    mapping = build_mapping(validate_mapping(WHOLE))
    assert mapping.profiles[0].total == "GrandTotalAmount"
    assert (mapping.profiles[1].sub_total, mapping.profiles[1].currency) == ("Net__c", None)
    assert mapping.consents["whatsapp"] == ConsentRule(
        UnknownConsent.ASK, field="BillToContact.WhatsApp__c", yes=("true",)
    )
    assert mapping.languages.language_of("af") == "af"
    assert mapping.lines == LineFields("OrderItem", "OrderId", "Description", "Quantity", "AdjustedLineAmount")
    assert mapping.write_order["amount_due"] == "Due__c"
    assert mapping.write_order["version"] == "Chat2Pay_Version__c"
    assert set(whole_mapping(mapping)) == set(WHOLE)


def test_the_lines_of_a_summary_are_its_own() -> None:
    lines = build_mapping({"order_object": "OrderSummary"}).lines
    assert lines == LineFields("OrderItemSummary", "OrderSummaryId", "Name", "Quantity", "AdjustedLineAmount")


@pytest.mark.parametrize(
    "own",
    [
        {},
        WHOLE,
        {"order_object": "OrderSummary"},
        {"payable": []},
        {"read": {"language": {"default": "af"}}},
        {"read": {"lines": None}},
    ],
    ids=str,
)
def test_what_is_kept_makes_the_same_mapping_again_and_is_a_mapping_file_itself(own: dict[str, Any]) -> None:
    mapping = build_mapping(own)
    kept = own_mapping(mapping)
    assert build_mapping(validate_mapping(kept)) == mapping
    assert build_mapping(validate_mapping(whole_mapping(mapping))) == mapping


def test_what_equals_the_default_is_not_kept_so_that_a_later_default_reaches_the_tenant() -> None:
    assert own_mapping(build_mapping({})) == {}
    assert own_mapping(build_mapping(whole_mapping(build_mapping({})))) == {}
    own = own_mapping(build_mapping({"read": {"number": "Number__c"}, "write_order": {"amount_due": "Due__c"}}))
    assert own == {"read": {"number": "Number__c"}, "write_order": {"amount_due": "Due__c"}}


def test_a_tenant_keeps_its_mapping() -> None:
    assert make_tenant(mapping=WHOLE).mapping == build_mapping(WHOLE)


INJECTIONS = [
    "Id FROM Order--", "Name, Id", "Name'", "(SELECT Id FROM Users)", "A..B", ".A", "A.", "", " Name", "Name ", "Näme",
    "A.B.C.D.E.F.G", "1Name", "Name\n", None, 7, ["Name"], "COUNT()", "x" * 81,
]  # fmt: skip


@pytest.mark.parametrize("path", INJECTIONS, ids=repr)
@pytest.mark.parametrize(
    ("entry", "file"),
    [
        ("read.number", lambda path: {"read": {"number": path}}),
        ("read.phones.0", lambda path: {"read": {"phones": [path]}}),
        ("read.profiles.0.total", lambda path: {"read": {"profiles": [{"total": path}]}}),
        ("payable.0.field", lambda path: {"payable": [{"field": path, "one_of": ["x"]}]}),
        ("consents.sms.field", lambda path: {"consents": {"sms": {"field": path, "yes": ["x"], "unknown": "ask"}}}),
        ("write_status.field", lambda path: {"write_status": {"field": path}}),
    ],
)
def test_nothing_but_names_and_dots_gets_into_a_query(entry: str, file: Any, path: object) -> None:
    with pytest.raises(Invalid) as error:
        validate_mapping(file(path))
    assert list(error.value.fields) == [entry]


@pytest.mark.parametrize("field", ["Account.Name", "Status;", ""])
@pytest.mark.parametrize("table", ["write_order", "write_request"])
def test_what_is_written_is_a_field_of_the_record_itself(table: str, field: str) -> None:
    with pytest.raises(Invalid) as error:
        validate_mapping({table: {"version": field}})
    assert list(error.value.fields) == [f"{table}.version"]


def padded(length: int) -> str:
    """A query of this length."""
    return QUERY + " " * (length - len(QUERY))


# (file, the entries that are named)
WRONG: list[tuple[Any, list[str]]] = [
    ([], ["mapping"]),
    ({"oder_object": "Order"}, ["oder_object"]),
    ({"order_object": "Opportunity"}, ["order_object"]),
    ({"order_object": ["Order"]}, ["order_object"]),
    ({"read": []}, ["read"]),
    ({"read": {"status": "Status"}}, ["read.status"]),
    ({"read": {"phones": "Phone"}}, ["read.phones"]),
    ({"read": {"phones": ["Phone"] * 51}}, ["read.phones"]),
    ({"read": {"profiles": []}}, ["read.profiles"]),
    ({"read": {"profiles": ["order_magic"]}}, ["read.profiles.0"]),
    ({"read": {"profiles": [{"tax": "Tax__c"}]}}, ["read.profiles.0.total"]),
    ({"read": {"profiles": [{"total": "T__c", "sub_total": "S__c"}]}}, ["read.profiles.0.tax"]),
    ({"read": {"profiles": [{"total": "T__c", "vat": "V__c"}]}}, ["read.profiles.0.vat"]),
    ({"read": {"language": "af"}}, ["read.language"]),
    ({"read": {"language": {"default": "English"}}}, ["read.language.default"]),
    ({"read": {"language": {"table": {"en_US": "EN!"}}}}, ["read.language.table.en_US"]),
    ({"read": {"lines": False}}, ["read.lines"]),
    ({"read": {"lines": {"object": "Order Item", "name": "Product2.Name'"}}}, ["read.lines.object", "read.lines.name"]),
    ({"read": {"lines": {"price": "UnitPrice"}}}, ["read.lines.price"]),
    ({"payable": [{"one_of": ["x"]}]}, ["payable.0.field"]),
    ({"payable": [{"field": "Status"}]}, ["payable.0"]),
    ({"payable": [{"field": "Status", "one_of": []}]}, ["payable.0.one_of"]),
    ({"payable": [{"field": "Status", "none_of": []}]}, ["payable.0.none_of"]),
    ({"payable": [{"field": "Status", "none_of": [True]}]}, ["payable.0.none_of.0"]),
    ({"payable": [{"field": "Status", "none_of": ["x" * 256, " Paid", "Paid "]}]},
     ["payable.0.none_of.0", "payable.0.none_of.1", "payable.0.none_of.2"]),
    ({"consents": {"email": {"field": "E__c", "yes": ["true"], "unknown": "ask"}}}, ["consents.email"]),
    ({"consents": {"sms": {"yes": ["true"], "unknown": "ask"}}}, ["consents.sms"]),
    ({"consents": {"sms": {"field": "A__c", "query": QUERY, "yes": ["true"], "unknown": "ask"}}}, ["consents.sms"]),
    ({"consents": {"sms": {"field": "A__c", "yes": ["true"]}}}, ["consents.sms.unknown"]),
    ({"consents": {"sms": {"field": "A__c", "yes": ["true"], "unknown": "maybe"}}}, ["consents.sms.unknown"]),
    ({"consents": {"sms": {"field": "A__c", "unknown": "ask"}}}, ["consents.sms"]),
    ({"consents": {"sms": {"field": "A__c", "yes": ["In"], "no": ["in"], "unknown": "ask"}}}, ["consents.sms"]),
    ({"consents": {"sms": {"field": "A__c", "yes": ["x"], "no": "x", "unknown": "ask"}}}, ["consents.sms.no"]),
    ({"consents": {"sms": {"field": "A__c", "yes": "x", "no": ["x"], "unknown": "ask"}}}, ["consents.sms.yes"]),
    ({"consents": {"sms": {"query": padded(2001), "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "DELETE {phone}", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "SELECT Id FROM A", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "SELECT {secret}", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "SELECT {phone.digits}", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "SELECT {phone!r}", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "SELECT {phone:>40}", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"consents": {"sms": {"query": "SELECT {phone", "yes": ["x"], "unknown": "ask"}}}, ["consents.sms.query"]),
    ({"write_order": {"amount": "A__c"}}, ["write_order.amount"]),
    ({"write_order": ["Due__c"]}, ["write_order"]),
    ({"write_order": {"amount_due": "Same__c", "amount_paid": "same__c"}}, ["write_order.amount_paid"]),
    ({"write_order": {"amount_due": "chat2pay_amount_paid__c"}}, ["write_order.amount_paid"]),
    ({"write_request": {"channel": "Status__c"}}, ["write_request.channel"]),
    ({"write_status": {"values": {"settled": "Paid"}}}, ["write_status.values.settled"]),
    ({"write_status": {"values": {"paid": ""}}}, ["write_status.values.paid"]),
    ({"write_status": {"values": {"paid": None}}}, ["write_status.values.paid"]),
    ({"api_version": "v67"}, ["api_version"]),
    ({"api_version": 67.0}, ["api_version"]),
    ({"api_version": "6\u0667.0"}, ["api_version"]),
    ({"api_version": "latest", "read": {"number": "a b"}}, ["read.number", "api_version"]),
]  # fmt: skip


@pytest.mark.parametrize(("file", "entries"), WRONG, ids=[str(row[0])[:70] for row in WRONG])
def test_a_file_that_is_no_mapping_is_refused_by_entry(file: Any, entries: list[str]) -> None:
    with pytest.raises(Invalid) as error:
        validate_mapping(file)
    assert sorted(error.value.fields) == sorted(entries)
    assert all(told and told[0].endswith(".") for told in error.value.fields.values())


def test_a_file_may_say_as_much_as_a_query_and_a_page_can_hold() -> None:
    consent = {"query": padded(2000), "yes": ["x" * 255], "unknown": "ask"}
    most = {"read": {"phones": ["Phone"] * 50}, "consents": {"sms": consent}}
    assert validate_mapping(most) == most


@pytest.mark.parametrize(("word", "is_told"), [(True, True), (7, False), ("", False)])
def test_who_writes_a_checkbox_without_quotes_is_told_how(word: object, *, is_told: bool) -> None:
    rule = {"field": "A__c", "yes": [word], "unknown": "ask"}
    with pytest.raises(Invalid) as error:
        validate_mapping({"consents": {"sms": rule}})
    (told,) = error.value.fields["consents.sms.yes.0"]
    assert ("in quotes" in told) is is_told


NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def test_one_query_reads_all_that_the_mapping_names() -> None:
    soql = order_query(build_mapping(WHOLE), "801xx0000001gEhAAI")
    fields = soql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
    assert len(fields) == len(set(fields))
    assert {
        "Number__c", "ShipToContactId", "CurrencyIsoCode", "Account.PersonMobilePhone", "GrandTotalAmount", "Net__c",
        "Account.Locale__c", "Status", "Account.Type", "BillToContact.WhatsApp__c",
    } <= set(fields)  # fmt: skip
    assert "BillToContactId" not in fields


def test_what_the_rules_need_is_read_with_the_order() -> None:
    row = {
        "Id": "801xx0000001gEh", "Number__c": "7", "GrandTotalAmount": Decimal("115.00"), "TotalTaxAmount": Decimal("15.00"),
        "CurrencyIsoCode": "ZAR", "ShipToContactId": "003xx000004TmiQ", "Status": "Draft",
        "Account": {"Locale__c": "af", "Type": "customer", "PersonMobilePhone": "083 123 4567"},
        "BillToContact": {"WhatsApp__c": True, "MobilePhone": None},
    }  # fmt: skip
    made = read_order(row, tenant=make_tenant(mapping=WHOLE), read_at=NOW)
    assert made.problems == ()
    assert (made.tax, made.sub_total) == (Decimal("15.00"), Decimal("100.00"))
    assert made.breakdown(Decimal("115.00")) == (Decimal("15.00"), Decimal("100.00"))
    assert (made.language, made.contact_id) == ("af", "003xx000004TmiQAAS")
    assert made.consents == {"whatsapp": "yes"}
    assert made.phone is not None
    assert made.phone.digits == "27831234567"


def test_every_rule_that_refuses_names_its_field() -> None:
    tenant = make_tenant(mapping=WHOLE)
    row = {
        "Id": "801xx0000001gEh",
        "GrandTotalAmount": Decimal("1.00"),
        "CurrencyIsoCode": "ZAR",
        "Status": "cancelled",
    }
    told = [(one.field, one.sentence, one.values) for one in read_order(row, tenant=tenant, read_at=NOW).problems]
    assert told == [
        ("Status", "order_not_payable_status", {"field": "Status", "value": "cancelled"}),
        ("Account.Type", "order_not_payable_empty", {"field": "Account.Type", "value": ""}),
    ]


def test_a_tax_above_the_total_is_said_and_the_sub_total_is_what_it_leaves() -> None:
    tenant = replace(make_tenant(), mapping=build_mapping({"read": {"profiles": ["order_commerce"]}}))
    row = {"Id": "801xx0000001gEh", "GrandTotalAmount": Decimal("10.00"), "TotalTaxAmount": Decimal("15.00")}
    made = read_order(row, tenant=tenant, read_at=NOW)
    assert made.breakdown(Decimal("10.00")) == (Decimal("15.00"), Decimal("-5.00"))
    assert [note.sentence for note in made.notes] == ["tax_above_total"]


def documented_entries() -> list[tuple[str, str]]:
    """Each row of the admin's table: the first entry that it names, and its example."""
    text = (Path(__file__).parents[3] / "docs" / "admin.md").read_text("utf-8")
    rows = text.split("| entry | says | example |\n|---|---|---|\n", 1)[1].split("\n\n", 1)[0].splitlines()
    return [(re.findall(r"`([a-z_.]+)`", row)[0], re.findall(r"`([^`]*)` \|$", row)[0]) for row in rows]


@pytest.mark.parametrize(("entry", "example"), documented_entries())
def test_every_example_of_the_guide_is_taken(entry: str, example: str) -> None:
    given = json.loads(example)
    for name in reversed(entry.split(".")):
        given = {name: given}
    assert validate_mapping(given) == given
