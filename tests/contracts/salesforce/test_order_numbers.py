"""An order's number: in its own country, a mobile before a landline, and never one that nobody could read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.domain.payments.order import Order
from connector.salesforce.orders.order_queries import read_order
from foundation.phones.choose_phone_field import NoteReason
from tests.factories import make_tenant

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
TENANT = make_tenant()
MOBILE, OTHER, LINE, OTHER_LINE = "083 123 4567", "082 765 4321", "021 123 4567", "011 555 0123"


def order(mobile: str | None = None, phone: str | None = None, account: str | None = None, **fields: Any) -> Order:
    row = {
        "Id": "801xx0000001gEh",
        "OrderNumber": "00000102",
        "TotalAmount": 115,
        "BillToContact": {"MobilePhone": mobile, "Phone": phone, **fields.pop("contact", {})},
        "Account": {"Phone": account, **fields.pop("billed", {})},
        **fields,
    }
    return read_order(row, tenant=fields.get("tenant", TENANT), read_at=NOW)


def chosen(made: Order) -> tuple[str | None, list[tuple[str, str, list[str]]]]:
    notes = [(one.field, one.reason.value, [phone.digits for phone in one.numbers]) for one in made.phone_notes]
    return made.phone.digits if made.phone else None, notes


@pytest.mark.parametrize(
    ("fields", "digits"),
    [
        ((MOBILE, LINE, OTHER_LINE), "27831234567"),
        ((LINE, MOBILE), "27831234567"),  # a mobile beats a landline, whatever the field is called
        ((LINE, OTHER_LINE, MOBILE), "27831234567"),
        ((MOBILE, OTHER), "27831234567"),
        ((None, LINE, OTHER_LINE), "27211234567"),
        ((" ", None, OTHER_LINE), "27115550123"),
        ((LINE,), "27211234567"),
        ((None, None, "+44 7400 123456"), "447400123456"),
        ((None, LINE, "0800 123 456"), "27211234567"),  # a service number is nobody's mobile: it stops nothing
        ((), None),
    ],
    ids=str,
)
def test_a_number_that_is_sure_is_taken_and_nothing_is_said(fields: tuple[str | None, ...], digits: str | None) -> None:
    assert chosen(order(*fields)) == (digits, [])


CONTACT_MOBILE, CONTACT_PHONE, ACCOUNT_PHONE = "BillToContact.MobilePhone", "BillToContact.Phone", "Account.Phone"


@pytest.mark.parametrize(
    ("fields", "digits", "notes"),
    [
        (
            ("083 123 4567 (wife)", LINE),
            None,
            [(CONTACT_MOBILE, "unreadable", []), (CONTACT_PHONE, "fixed_line", ["27211234567"])],
        ),
        (("083 123 4567 (wife)", OTHER), "27827654321", [(CONTACT_MOBILE, "unreadable", [])]),
        ((None, LINE, "ask reception"), None, [(CONTACT_PHONE, "fixed_line", ["27211234567"]),
                                               (ACCOUNT_PHONE, "unreadable", [])]),
        (("ask him", "1", LINE), None, [(CONTACT_MOBILE, "unreadable", []), (CONTACT_PHONE, "impossible", []),
                                       (ACCOUNT_PHONE, "fixed_line", ["27211234567"])]),
        (("687246447",), None, [(CONTACT_MOBILE, "ambiguous", ["27687246447", "687246447"])]),
        (("687246447", MOBILE), "27831234567", [(CONTACT_MOBILE, "ambiguous", ["27687246447", "687246447"])]),
        (("687246447", LINE), None, [(CONTACT_MOBILE, "ambiguous", ["27687246447", "687246447"]),
                                     (CONTACT_PHONE, "fixed_line", ["27211234567"])]),
        (("+27 00 000 0000",), None, [(CONTACT_MOBILE, "unknown_range", ["27000000000"])]),
        ((None, None, "0800 123 456"), None, [(ACCOUNT_PHONE, "no_customers", [])]),
        (("+870 773 123 456",), None, [(CONTACT_MOBILE, "no_country", [])]),
        ((MOBILE, "ask him"), "27831234567", []),  # what comes after the number that is taken is nobody's business
    ],
    ids=str,
)  # fmt: skip
def test_what_is_in_doubt_is_named_and_offered_and_not_taken(
    fields: tuple[str | None, ...], digits: str | None, notes: list[tuple[str, str, list[str]]]
) -> None:
    assert chosen(order(*fields)) == (digits, notes)


def test_every_reason_has_its_sentence_and_a_note_prints_no_number() -> None:
    made = order("687246447")
    assert "687246447" not in repr(made)
    assert {one.value for one in NoteReason} >= {note.reason.value for note in made.phone_notes}


@pytest.mark.parametrize(
    ("fields", "country"),
    [
        ({"BillingCountry": "Kenya"}, "KE"),
        ({"BillingCountryCode": "KE", "BillingCountry": "Kenya"}, "KE"),
        ({"BillingCountryCode": "KE"}, "KE"),
        ({"BillingCountryCode": "NA", "BillingCountry": "Namibia"}, "NA"),
        (
            {"BillingCountryCode": "X9", "BillingCountry": "Kenya"},
            "KE",
        ),  # an admin's own code beside a name that is one
        ({"contact": {"MailingCountry": "Kenya"}}, "KE"),
        ({"billed": {"BillingCountryCode": "KE"}}, "KE"),
        ({"BillingCountry": " ", "contact": {"MailingCountry": "Kenya"}, "billed": {"BillingCountry": "France"}}, "KE"),
        ({"BillingCountry": "France", "contact": {"MailingCountry": "Kenya"}}, "FR"),
        # An address that names a country we cannot read: the next one may well be another country.
        ({"BillingCountry": "Narnia", "contact": {"MailingCountry": "Kenya"}}, None),
        ({"BillingCountry": "SA"}, None),
        ({"BillingCountry": 7}, None),
        ({"BillToContact": None, "Account": None, "BillingCountry": None}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_country_is_that_of_the_first_address_that_names_one(fields: dict[str, Any], country: str | None) -> None:
    assert order(**fields).country == country


@pytest.mark.parametrize(
    ("text", "country", "digits"),
    [
        ("0712 345678", "Kenya", "254712345678"),
        ("06 12 34 56 78", "France", "33612345678"),
        ("0412 345 678", "AU", "61412345678"),
        ("51987654321", "Brasil", "5551987654321"),
        ("15612345678", "China", "8615612345678"),
        ("687246447", "South Africa", "27687246447"),
        ("083 123 4567", None, "27831234567"),
        ("+27 83 123 4567", "Kenya", "27831234567"),
    ],
)
def test_a_number_is_read_in_the_orders_own_country_else_in_the_tenants(
    text: str, country: str | None, digits: str
) -> None:
    assert chosen(order(text, BillingCountry=country)) == (digits, [])


def test_without_any_country_only_what_is_international_is_read() -> None:
    nowhere = replace(TENANT, phone_region=None)
    row = {
        "Id": "801xx0000001gEh",
        "TotalAmount": 115,
        "BillToContact": {"MobilePhone": "083 123 4567", "Phone": "27831234567"},
    }
    made = read_order(row, tenant=nowhere, read_at=NOW)
    assert chosen(made) == ("27831234567", [(CONTACT_MOBILE, "impossible", [])])
