"""An order as Salesforce keeps it: by profile, in its currency's digits, and what is wrong with it by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest

from connector.domain.payments.order import Order, OrderProblem, OrderRemark
from connector.domain.tenants.mapping import ConsentRule, Languages, LineFields, UnknownConsent
from connector.domain.tenants.obstacles import obstacles_of
from connector.salesforce.calls.order_lines import lines_query
from connector.salesforce.client import SalesforceClient
from connector.salesforce.inspection.diagnostics import is_active, is_held
from connector.salesforce.metadata.custom_permissions import permission_queries, user_query
from connector.salesforce.orders.order_queries import (
    access_query,
    deleted_query,
    lookups_query,
    order_query,
    orders_query,
    read_order,
    visible_orders_query,
)
from connector.salesforce.orders.order_record import order_target
from foundation.phones.phone import Phone
from tests.factories import long_id, make_tenant

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


def amounts(currency: str, total: str, tax: str | None = None, sub_total: str | None = None) -> Order:
    """An order with these amounts, at a core that takes its currency."""
    tenant = replace(
        TENANT, configuration=replace(TENANT.configuration, currencies=(currency,), currency_digits=DIGITS)
    )
    row = {"Id": "801xx0000001gEh", "OrderNumber": "1", "Currency__c": currency, "Grand_Total__c": Decimal(total)}
    row["Tax__c"] = None if tax is None else Decimal(tax)
    row["Sub_Total__c"] = None if sub_total is None else Decimal(sub_total)
    return read_order(row, tenant=tenant, read_at=NOW)


DIGITS = {"VND": 2, "BHD": 2, "OMR": 0}  # what this core says of itself; of all others it says nothing


@pytest.mark.parametrize(
    ("currency", "total", "tax", "sub_total", "asked", "say"),
    [
        ("ZAR", "34.116425", "2.686425", "31.43", ("34.12", "2.69", "31.43"), []),
        ("ZAR", "19.989999999999998", "0", "19.989999999999998", ("19.99", "0.00", "19.99"), []),
        ("ZAR", "115.01", "15.00", "100.00", ("115.01", "15.00", "100.01"), ["sub_total_differs"]),
        ("ZAR", "90.00", "0", "100.00", ("90.00", "0.00", "90.00"), ["sub_total_differs"]),
        ("ZAR", "99.00", "-1.00", "100.00", ("99.00", "-1.00", "100.00"), ["negative_tax"]),
        ("ZAR", "99.00", "-1.00", "99.00", ("99.00", "-1.00", "100.00"), ["negative_tax", "sub_total_differs"]),
        ("ZAR", "100.00", "0.00", "100.00", ("100.00", "0.00", "100.00"), []),
        ("ZAR", "115.005", "15.005", "100", ("115.01", "15.01", "100.00"), []),
        ("ZAR", "115.00", "-0.004", "115.00", ("115.00", "0.00", "115.00"), []),
        # Salesforce shows 86.97: whoever looks at both pages is told why one says 86.96.
        ("ZAR", "100.01", "13.045", "86.965", ("100.01", "13.05", "86.96"), ["sub_total_differs"]),
        ("ZAR", "5.00", "10.00", None, ("5.00", "10.00", "-5.00"), ["tax_above_total"]),
        ("ZAR", "999999999999999.99", None, None, ("999999999999999.99", None, None), []),
        ("ZAR", "1E+2", "0E-10", "1E+2", ("100.00", "0.00", "100.00"), []),
        ("HUF", "1234.56", None, None, ("1234.56", None, None), []),
        ("COP", "99.50", None, None, ("99.50", None, None), []),
        ("LAK", "0.40", None, None, ("0.40", None, None), []),
        ("IQD", "10.555", None, None, ("10.555", None, None), []),
        ("JPY", "99.50", "9.5", "90", ("100", "10", "90"), []),
        ("KWD", "1.2345", None, None, ("1.235", None, None), []),
        ("CLF", "37123.45675", None, None, ("37123.4568", None, None), []),
        ("VND", "1000.555", None, None, ("1000.56", None, None), []),  # more digits at the core than in ISO 4217
        ("BHD", "10.55", "1.555", None, ("10.55", "1.56", "8.99"), []),  # fewer, and the total needs no more
    ],
)  # fmt: skip
def test_the_total_is_asked_for_and_what_differs_is_said(
    currency: str,
    total: str,
    tax: str | None,
    sub_total: str | None,
    asked: tuple[str, str | None, str | None],
    say: list[str],
) -> None:
    made = amounts(currency, total, tax, sub_total)
    assert tuple(None if one is None else format(one, "f") for one in (made.total, made.tax, made.sub_total)) == asked
    assert [note.sentence for note in made.notes] == say
    assert made.problems == ()


@pytest.mark.parametrize(
    ("currency", "total", "sentence"),
    [
        ("ZAR", "-5.00", "amount_negative"),
        ("ZAR", "-0.005", "amount_negative"),
        ("ZAR", "0.004", "amount_zero"),
        ("ZAR", "-0.004", "amount_zero"),
        ("JPY", "0.4", "amount_zero"),
        ("ZAR", "1E+18", "amount_unreadable"),
        ("BHD", "10.555", "amount_too_fine"),
        ("BHD", "0.001", "amount_too_fine"),
        ("OMR", "10.500", "amount_not_whole"),
    ],
)
def test_a_total_that_cannot_be_asked_for_is_a_problem_of_its_field(currency: str, total: str, sentence: str) -> None:
    assert problems(amounts(currency, total)) == [("Grand_Total__c", sentence)]


def test_what_differs_is_told_in_all_amounts_that_are_shown() -> None:
    (note,) = amounts("ZAR", "90.00", "0", "100.00").notes
    money = {"salesforce": "100.00", "sub_total": "90.00", "total": "90.00"}
    assert note == OrderRemark(
        "Sub_Total__c",
        "sub_total_differs",
        {name: {"amount": amount, "currency": "ZAR"} for name, amount in money.items()},
    )


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"Grand_Total__c": None, "TotalAmount": None}, [("TotalAmount", "amount_missing")]),
        ({"Grand_Total__c": Decimal(0), "Tax__c": None}, [("Grand_Total__c", "amount_zero")]),
        ({"Grand_Total__c": Decimal("-1"), "Tax__c": None}, [("Grand_Total__c", "amount_negative")]),
        ({"Grand_Total__c": "a lot", "Tax__c": None}, [("Grand_Total__c", "amount_unreadable")]),
        ({"Tax__c": "a little"}, []),
        ({"Currency__c": "rand"}, [("Currency__c", "currency_unreadable")]),
        ({"Currency__c": 7}, [("Currency__c", "currency_unreadable")]),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_by_field_and_nothing_is_raised(
    change: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert problems(order({**CUSTOM, **change})) == found


def test_each_field_of_an_order_is_read_from_its_own() -> None:
    mapping = replace(
        TENANT.mapping,
        order_object="OrderSummary",
        original="OriginalOrderId",
        number="SummaryNumber",
        currency="CurrencyIsoCode",
        languages=Languages("Language__c", {"af_ZA": "af"}, "en"),
        consents={
            "sms": ConsentRule(UnknownConsent.ASK, field="Sms__c", yes=("in",), no=("out",)),
            "whatsapp": ConsentRule(UnknownConsent.ASK, field="Whatsapp__c", yes=("in",), no=("out",)),
        },
    )
    row = {
        "Id": "1OsKB0000000001", "SummaryNumber": "S-1", "AccountId": "001xx000003DHPh", "BillToContactId": "003xx000004TmiQ",
        "OriginalOrderId": "801xx0000001gEh", "CurrencyIsoCode": "USD", "Currency__c": None, "Grand_Total__c": Decimal("115.00"),
        "Tax__c": Decimal("15.00"), "Sub_Total__c": Decimal("100.00"), "Language__c": "af_ZA", "Sms__c": "out",
        "Whatsapp__c": "in", "BillingCountryCode": "KE", "BillToContact": {"MobilePhone": "0712 345678"},
    }  # fmt: skip
    profiles = tuple(replace(one, currency=None) for one in mapping.profiles)
    tenant = replace(TENANT, mapping=replace(mapping, profiles=profiles))
    assert read_order(row, tenant=tenant, read_at=NOW) == Order(
        tenant_id="acme", order_id=long_id("1OsKB0000000001"), number="S-1", currency="USD", total=Decimal("115.00"),
        tax=Decimal("15.00"), sub_total=Decimal("100.00"), account_id=long_id("001xx000003DHPh"),
        phone=Phone("254712345678"), read_at=NOW, original_id=long_id("801xx0000001gEh"),
        contact_id=long_id("003xx000004TmiQ"), language="af", consents={"sms": "no", "whatsapp": "yes"}, country="KE",
    )  # fmt: skip
    nothing = read_order({"Id": "1OsKB0000000001"}, tenant=tenant, read_at=NOW)
    assert (nothing.number, nothing.language, nothing.account_id, nothing.original_id, nothing.contact_id) == (
        "", "en", None, None, None,
    )  # fmt: skip


EUROS_ONLY = replace(TENANT, configuration=replace(TENANT.configuration, currencies=("EUR",)))


def test_a_currency_that_the_core_lacks_is_no_fault_of_the_order_and_stands_in_the_way_all_the_same() -> None:
    made = order({**CUSTOM, "Currency__c": "EUR"})
    assert made.problems == ()
    assert obstacles_of(made, TENANT) == (OrderProblem("Currency__c", "currency_not_offered", {"currency": "EUR"}),)
    assert obstacles_of(made, EUROS_ONLY) == ()


def test_a_currency_that_cannot_be_read_is_not_called_one_that_the_core_lacks() -> None:
    """The order has the tenant's own currency then, in which nobody asked for anything."""
    made = order({**CUSTOM, "Currency__c": "rand"})
    assert (made.currency, EUROS_ONLY.configuration.currencies) == ("ZAR", ("EUR",))
    assert obstacles_of(made, EUROS_ONLY) == (OrderProblem("Currency__c", "currency_unreadable", {}),)


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


def test_a_float_of_salesforce_is_never_taken_for_an_amount() -> None:
    assert ("TotalAmount", "amount_unreadable") in problems(order({**PLAIN, "TotalAmount": 115.0}))


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
    assert set(fields).isdisjoint(TENANT.mapping.countries)


def test_the_query_asks_for_the_contact_only_where_it_is_needed() -> None:
    assert "BillToContactId" not in order_query(TENANT.mapping, "801xx0000001gEh")
    assert order_query(TENANT.mapping, "801xx0000001gEh", contact=True).count("BillToContactId") == 1
    nobody = replace(TENANT.mapping, contact=None)
    assert "BillToContactId" not in order_query(nobody, "801xx0000001gEh", contact=True)


def test_the_query_asks_for_the_country_fields_that_its_reader_sees_and_no_others() -> None:
    seen = ("BillingCountry", "BillToContact.MailingCountry")
    soql = order_query(TENANT.mapping, "801xx0000001gEh", countries=seen)
    fields = soql.removeprefix("SELECT ").split(" FROM ")[0].split(", ")
    assert set(fields) & set(TENANT.mapping.countries) == set(seen)


LINES = LineFields("OrderItem", "OrderId", "Product2.Name", "Quantity", "TotalPrice")
ORG = Mock(spec=SalesforceClient)
ORG.query.return_value = []
ORDER, USER, M = "801xx0000001gEhAAI", "005xx000001X8UzAAK", TENANT.mapping
INTO_SOQL: dict[str, Callable[[str], object]] = {
    "an order": lambda one: order_query(M, one),
    "orders on pages": lambda one: visible_orders_query(M, [ORDER, one]),
    "orders to compare": lambda one: orders_query(M, order_target(M), [ORDER, one]),
    "deleted orders": lambda one: deleted_query(M, [ORDER, one]),
    "an order's lookups": lambda one: lookups_query(M, one, ["AccountId"]),
    "whose access": lambda one: access_query(one, ORDER),
    "access to what": lambda one: access_query(USER, one),
    "an order's lines": lambda one: lines_query(LINES, [one]),
    "orders' lines": lambda one: lines_query(LINES, [ORDER, one]),
    "a user": user_query,
    "a user's permissions": permission_queries,
    "an agent": lambda one: is_active(ORG, TENANT, one),
    "who holds a permission": lambda one: is_held(ORG, TENANT, one),
}


@pytest.mark.parametrize(
    "bad", ["", "801", "801xx0000001gEh' OR Id != '", "801xx0000001gEhAAI\n", "801xx0000001gE_AAI"]
)
@pytest.mark.parametrize("query", INTO_SOQL.values(), ids=INTO_SOQL.keys())
def test_nothing_but_an_id_gets_into_a_query(query: Callable[[str], object], bad: str) -> None:
    query(USER)
    with pytest.raises(ValueError, match="not a Salesforce id"):
        query(bad)
