"""An order as Salesforce keeps it: by profile, in its currency's digits, and what is wrong with it by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.order import Order, OrderProblem
from connector.salesforce.schemas import order_query, read_order
from tests.factories import make_tenant

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TENANT = make_tenant()
CUSTOM = {
    "Grand_Total__c": Decimal("115.00"),
    "Tax__c": Decimal("15.00"),
    "Sub_Total__c": Decimal("100.00"),
    "Currency__c": "ZAR",
}
PLAIN: dict[str, Any] = {
    "Grand_Total__c": None,
    "Tax__c": None,
    "Sub_Total__c": None,
    "Currency__c": None,
    "TotalAmount": Decimal("115.00"),
}


def order(amounts: dict[str, Any] = CUSTOM, **fields: Any) -> Order:
    row = {
        "Id": "801xx0000001gEh",
        "OrderNumber": "00000102",
        "AccountId": "001xx000003DHPh",
        "TotalAmount": Decimal("999.00"),
        **amounts,
        **fields,
    }
    return read_order(row, tenant=TENANT, read_at=NOW)


def problems(made: Order) -> list[tuple[str, str]]:
    return [(problem.field, problem.sentence) for problem in made.problems]


def test_an_order_with_mapped_fields_shows_tax_and_sub_total() -> None:
    made = order()
    assert (made.order_id, made.number, made.account_id) == ("801xx0000001gEhAAI", "00000102", "001xx000003DHPhAAO")
    assert (made.total, made.tax, made.sub_total, made.currency) == (
        Decimal("115.00"),
        Decimal("15.00"),
        Decimal("100.00"),
        "ZAR",
    )
    assert made.problems == ()


def test_a_plain_order_has_a_total_and_an_unknown_tax() -> None:
    made = order(PLAIN)
    assert (made.total, made.tax, made.sub_total, made.currency) == (Decimal("115.00"), None, None, "ZAR")
    assert made.problems == ()


def test_the_first_profile_whose_total_is_filled_in_serves() -> None:
    assert order().total == Decimal("115.00")
    assert order({**CUSTOM, "Grand_Total__c": None}).total == Decimal("999.00")


def test_with_the_tax_unknown_nothing_of_the_amount_is_tax_and_the_sum_rule_is_silent() -> None:
    made = order({**CUSTOM, "Tax__c": None})
    assert made.problems == ()
    assert made.breakdown(Decimal("115.00")) == (Decimal(0), Decimal("115.00"))


def test_the_whole_amount_goes_with_the_orders_own_tax_and_a_part_with_none() -> None:
    assert order().breakdown(Decimal("115.00")) == (Decimal("15.00"), Decimal("100.00"))
    assert order().breakdown(Decimal("40.00")) == (Decimal(0), Decimal("40.00"))


@pytest.mark.parametrize(
    "change",
    [
        {"Tax__c": Decimal("14.99")},
        {"Sub_Total__c": Decimal("100.01")},
        {"Grand_Total__c": Decimal("115.01")},
        {"Tax__c": Decimal(0)},
    ],
)
def test_amounts_that_do_not_add_up_name_the_field_and_all_three_amounts(change: dict[str, Any]) -> None:
    amounts = {**CUSTOM, **change}
    (problem,) = order(amounts).problems
    told = {
        name: f"{amounts[field]:.2f}"
        for name, field in (("total", "Grand_Total__c"), ("tax", "Tax__c"), ("sub_total", "Sub_Total__c"))
    }
    assert problem == OrderProblem("Grand_Total__c", "amounts_do_not_add_up", {"field": "Grand_Total__c", **told})


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"Grand_Total__c": None, "TotalAmount": None}, [("TotalAmount", "amount_missing")]),
        ({"Grand_Total__c": Decimal(0), "Tax__c": None}, [("Grand_Total__c", "amount_zero")]),
        ({"Grand_Total__c": Decimal("115.005"), "Tax__c": None}, [("Grand_Total__c", "amount_unreadable")]),
        ({"Grand_Total__c": Decimal("-1"), "Tax__c": None}, [("Grand_Total__c", "amount_unreadable")]),
        ({"Grand_Total__c": "a lot", "Tax__c": None}, [("Grand_Total__c", "amount_unreadable")]),
        ({"Tax__c": Decimal("15.005")}, [("Tax__c", "amount_unreadable")]),
        ({"Currency__c": "rand"}, [("Currency__c", "currency_unreadable")]),
        ({"Currency__c": 7}, [("Currency__c", "currency_unreadable")]),
        ({"Currency__c": "EUR"}, [("Currency__c", "currency_not_offered")]),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_raised(
    change: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert problems(order({**CUSTOM, **change})) == found


def test_a_currency_that_is_not_offered_is_named() -> None:
    (problem,) = order({**CUSTOM, "Currency__c": "EUR"}).problems
    assert dict(problem.values) == {"field": "Currency__c", "currency": "EUR"}


@pytest.mark.parametrize(
    ("currency", "written", "read"),
    [
        ("ZAR", "100.000", "100.00"),
        ("ZAR", "100", "100.00"),
        ("ZAR", "1E+2", "100.00"),
        ("JPY", "1150.00", "1150"),
        ("KWD", "1.500", "1.500"),
        ("KWD", "1.5", "1.500"),
    ],
)
def test_salesforces_padding_is_no_digit_of_the_currency(currency: str, written: str, read: str) -> None:
    tenant = replace(TENANT, configuration=replace(TENANT.configuration, currencies=("ZAR", "JPY", "KWD")))
    row = {"Id": "801xx0000001gEh", "OrderNumber": "1", "Grand_Total__c": Decimal(written), "Currency__c": currency}
    made = read_order(row, tenant=tenant, read_at=NOW)
    assert (str(made.total), made.problems) == (read, ())


@pytest.mark.parametrize(("currency", "written"), [("JPY", "1150.50"), ("KWD", "1.2345"), ("ZAR", "115.005")])
def test_digits_that_the_currency_does_not_have_are_a_problem_and_are_not_rounded(currency: str, written: str) -> None:
    tenant = replace(TENANT, configuration=replace(TENANT.configuration, currencies=("ZAR", "JPY", "KWD")))
    row = {"Id": "801xx0000001gEh", "OrderNumber": "1", "Grand_Total__c": Decimal(written), "Currency__c": currency}
    assert "amount_unreadable" in [problem.sentence for problem in read_order(row, tenant=tenant, read_at=NOW).problems]


def test_a_float_of_salesforce_is_never_taken_for_an_amount() -> None:
    assert ("TotalAmount", "amount_unreadable") in problems(order({**PLAIN, "TotalAmount": 115.0}))


@pytest.mark.parametrize(
    ("fields", "digits"),
    [
        (
            {
                "BillToContact": {"MobilePhone": "083 123 4567", "Phone": "011 555 0123"},
                "Account": {"Phone": "021 555 0123"},
            },
            "27831234567",
        ),
        (
            {"BillToContact": {"MobilePhone": None, "Phone": "011 555 0123"}, "Account": {"Phone": "021 555 0123"}},
            "27115550123",
        ),
        ({"BillToContact": {"MobilePhone": " ", "Phone": None}, "Account": {"Phone": "021 555 0123"}}, "27215550123"),
        (
            {"BillToContact": {"MobilePhone": "ask him", "Phone": "1"}, "Account": {"Phone": "021 555 0123"}},
            "27215550123",
        ),
        ({"BillToContact": None, "Account": {"Phone": "+44 7400 123456"}}, "447400123456"),
        ({"BillToContact": None, "Account": None}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_first_phone_that_can_be_one_serves(fields: dict[str, Any], digits: str | None) -> None:
    phone = order(**fields).phone
    assert (phone.digits if phone else None) == digits


@pytest.mark.parametrize("account", [None, "", "https://evil.example", 7])
def test_an_account_that_is_no_id_is_none(account: object) -> None:
    assert order(AccountId=account).account_id is None


def test_the_query_asks_for_every_mapped_field_once() -> None:
    soql = order_query(TENANT.mapping, "801xx0000001gEh")
    fields = soql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
    assert len(fields) == len(set(fields))
    assert {
        "Id",
        "OrderNumber",
        "TotalAmount",
        "Grand_Total__c",
        "Tax__c",
        "Sub_Total__c",
        "Currency__c",
        *TENANT.mapping.phones,
    } <= set(fields)
