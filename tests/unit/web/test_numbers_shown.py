"""How a page shows the numbers of an order, the last one that was used, what may be sent on each channel, and how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.payment import Channel, PaymentRequest, Person
from connector.domain.tenants.rights import Right, Rights
from connector.store.orders.orders import StoredOrder
from connector.web.schemas.amount_fields import limits_view
from connector.web.schemas.consent_serializers import consents_view
from connector.web.schemas.phone_serializers import field_label, last_number_view, phones_view, read_view, with_saving
from foundation.phones.choose_phone_field import NoteReason, PhoneNote
from foundation.phones.phone import Phone
from foundation.phones.read_phone import Ambiguous, read_phone, reading_of
from tests.factories import make_tenant
from tests.unit.examples import NOW, make_order, make_request

MOBILE, OTHER = Phone("27831234567"), Phone("27829876543")
LANDLINE, GERMAN, AMERICAN = Phone("27114420000"), Phone("4915123456789"), Phone("12055550100")


@pytest.mark.parametrize(
    ("text", "outcome", "offered", "sentence"),
    [
        ("083 123 4567", "read", ["+27831234567"], None),
        ("07400 123456", "unconfirmed", ["+277400123456"], "phone_unknown_range"),
        ("112", "refused", [], "phone_impossible"),
        ("0800 123 456", "refused", [], "phone_no_customers"),
        ("", "refused", [], "phone_missing"),
    ],
)
def test_what_a_typed_number_reads_as(text: str, outcome: str, offered: list[str], sentence: str | None) -> None:
    view = read_view(read_phone(text, country=None, region="ZA"))
    assert (view["outcome"], [one["number"] for one in view["readings"]]) == (outcome, offered)
    assert (view["sentence"] and view["sentence"]["id"]) == sentence


@pytest.mark.parametrize(
    ("phones", "sentence", "values"),
    [
        ([MOBILE], "phone_which_one", {"country_a": "South Africa", "phone_a": "+27\u00a083\u00a0123\u00a04567"}),
        (
            [MOBILE, GERMAN], "phone_which_two",
            {"country_a": "South Africa", "phone_a": "+27\u00a083\u00a0123\u00a04567",
             "country_b": "Germany", "phone_b": "+49\u00a01512\u00a03456789"},
        ),
        ([MOBILE, GERMAN, AMERICAN], "phone_which", {}),
    ],
    ids=["one", "two", "three"],
)  # fmt: skip
def test_a_number_that_can_be_several_is_asked_for(phones: list[Phone], sentence: str, values: dict[str, str]) -> None:
    view = read_view(Ambiguous(tuple(reading_of(one) for one in phones)))
    assert (view["outcome"], len(view["readings"]), view["sentence"]) == (
        "ambiguous", len(phones), {"id": sentence, "values": values}
    )  # fmt: skip


@pytest.mark.parametrize(("phone", "warning"), [(MOBILE, None), (LANDLINE, "phone_fixed_line")])
def test_a_landline_is_warned_of(phone: Phone, warning: str | None) -> None:
    shown = phones_view(make_order(phone=phone))["phone_reading"]["warning"]
    assert (shown and shown["id"]) == warning


def test_of_a_number_that_several_countries_share_the_calling_code_is_shown() -> None:
    shown = phones_view(make_order(phone=Phone("15552345678")))["phone_reading"]
    assert (shown["country"], shown["country_name"]) == (None, "+1")


def test_an_order_without_a_number_shows_none_and_what_its_fields_hold() -> None:
    note = PhoneNote("BillToContact.MobilePhone", NoteReason.AMBIGUOUS, (MOBILE, OTHER))
    shown = phones_view(make_order(phone=None, phone_notes=(note,)))
    assert (shown["phone"], shown["phone_reading"]) == (None, None)
    (told,) = shown["phone_notes"]
    assert told["sentence"] == {"id": "phone_note_ambiguous", "values": {"field": "Mobile Phone (Bill To Contact)"}}
    assert [one["number"] for one in told["readings"]] == ["+27831234567", "+27829876543"]


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("Phone", "Phone"),
        ("Mobile_Phone__c", "Mobile Phone"),
        ("BillToContact.MobilePhone", "Mobile Phone (Bill To Contact)"),
        ("Account.Parent__r.Phone", "Phone (Parent, Account)"),
    ],
)
def test_a_phone_field_is_called_by_words(path: str, label: str) -> None:
    assert field_label(path) == label


def used(phone: Phone, minute: int, agent: str = "Thandi", **changes: Any) -> PaymentRequest:
    at = NOW + timedelta(minutes=minute)
    return make_request(phone=phone, created_at=at, requested_by=Person("005", agent), **changes)


@pytest.mark.parametrize(
    ("requests", "shown"),
    [
        pytest.param([], None, id="nothing sent"),
        pytest.param([used(MOBILE, 1)], None, id="Salesforce has it"),
        pytest.param([used(OTHER, 1), used(MOBILE, 2)], None, id="Salesforce has the last one"),
        pytest.param([used(OTHER, 1)], ("+27829876543", "Thandi", 1), id="another"),
        pytest.param(
            [used(OTHER, 1, "Sipho"), used(OTHER, 2)], ("+27829876543", "Sipho", 1), id="since the first of them in a row"
        ),
        pytest.param(
            [used(OTHER, 1, "Sipho"), used(MOBILE, 2), used(OTHER, 3)], ("+27829876543", "Thandi", 3), id="with one between"
        ),
        pytest.param(
            [used(OTHER, 1), used(MOBILE, 2, forgotten=True)], ("+27829876543", "Thandi", 1), id="the last one was erased"
        ),
        pytest.param(
            [used(OTHER, 1, "Sipho"), used(MOBILE, 2, forgotten=True), used(OTHER, 3)], ("+27829876543", "Sipho", 1),
            id="one between was erased",
        ),
    ],
)  # fmt: skip
def test_the_number_that_was_used_last_is_shown_with_who_began_to_use_it(
    requests: Sequence[PaymentRequest], shown: tuple[str, str, int] | None
) -> None:
    view = last_number_view(StoredOrder(make_order(phone=MOBILE), 1, 1), requests)
    expected = shown and (shown[0], shown[1], f"2026-11-21T10:0{shown[2]}:00.000Z")
    assert (view and (view["reading"]["number"], view["by"], view["at"])) == expected


USED = {"last_number": {"by": "Thandi"}}
SENDER = Rights(frozenset({Right.SEND}))


@pytest.mark.parametrize(
    ("view", "mapping", "rights", "in_session", "offered"),
    [
        pytest.param(USED, {}, SENDER, True, True, id="a number, a place for it, and the agent's own session"),
        pytest.param(USED, {}, SENDER, False, False, id="no session"),
        pytest.param({"last_number": None}, {}, SENDER, True, False, id="no number"),
        pytest.param(USED, {}, Rights(), True, False, id="no right to send"),
        pytest.param(USED, {"read": {"phones": ["Account.Parent.Phone"]}}, SENDER, True, False, id="no place for it"),
    ],
)
def test_a_number_can_be_saved_by_who_may_where_it_has_a_place(
    view: dict[str, Any], mapping: dict[str, Any], rights: Rights, in_session: bool, offered: bool
) -> None:
    shown = with_saving(view, make_tenant(mapping=mapping), rights=rights, in_session=in_session)
    assert shown == {**view, "can_save_phone": offered}


RULE = {"path": "Account.Sms__c", "yes": ["Yes"], "no": ["No"], "unknown": "ask"}
OF_NUMBER = {
    "query": "SELECT State__c FROM Consent__c WHERE Phone__c = {phone}", "yes": ["Yes"], "no": ["No"], "unknown": "ask",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "choice", "stopped", "own", "other"),
    [
        pytest.param(None, None, False, "fine", "fine", id="no rule"),
        pytest.param(None, None, True, "refused", "fine", id="STOP, no rule"),
        pytest.param(RULE, None, False, "ask", "ask", id="nothing recorded"),
        pytest.param(RULE, "yes", False, "fine", "ask", id="a yes counts for the order's own number"),
        pytest.param(RULE, "no", False, "refused", "refused", id="a no counts for every number"),
        pytest.param(RULE, "yes", True, "refused", "ask", id="STOP outweighs a yes"),
        pytest.param(OF_NUMBER, None, False, "ask", "fine", id="a rule about the number"),
    ],
)
def test_what_may_be_sent_on_a_channel(
    rule: dict[str, Any] | None, choice: str | None, stopped: bool, own: str, other: str
) -> None:
    tenant = make_tenant(mapping={"consents": {"sms": rule}} if rule else {})
    order = make_order(consents={"sms": choice} if choice else {})
    shown = consents_view(tenant, order, {Channel.SMS} if stopped else ())
    assert (shown["sms"]["state"], shown["sms"]["other_number"]["state"]) == (own, other)
    assert (shown["sms"]["sentence"] is None) is (own == "fine")
    assert shown["whatsapp"]["state"] == "fine"


def test_a_yes_does_not_count_for_an_order_without_a_number() -> None:
    order = make_order(phone=None, consents={"sms": "yes"})
    assert consents_view(make_tenant(mapping={"consents": {"sms": RULE}}), order, ())["sms"]["state"] == "ask"


@pytest.mark.parametrize(
    ("limits", "minimum", "step"),
    [({}, None, None), ({"minimum_amounts": {"ZAR": "5"}, "amount_steps": {"ZAR": "0.5"}}, "5.00", "0.5")],
)
def test_how_much_may_be_asked_for(limits: dict[str, Any], minimum: str | None, step: str | None) -> None:
    tenant = make_tenant(parts_allowed=True)
    tenant = replace(tenant, configuration=replace(tenant.configuration, **limits))
    assert limits_view(make_order(), Decimal("75"), tenant) == {
        "parts": True, "minimum": minimum, "step": step, "maximum": "75.00"
    }  # fmt: skip
