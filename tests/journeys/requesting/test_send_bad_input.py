"""Bad input to Send: an error that names the field, nothing stored, nothing sent, nothing secret in a log line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.world import Page, World, fields_of

CARD = "4111111111111111"
SPACED = "4111 1111 1111 1111"


def assert_nothing_happened(world: World, answer: Any, *, status: int = 422, code: str = "invalid") -> None:
    assert answer.status_code == status, answer.text
    assert answer.json["error"]["code"] == code
    assert answer.json["error"]["retryable"] is False
    assert world.rows("payment_requests") == world.rows("payment_events") == world.rows("outbox") == []
    assert world.core.sends == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "fax"}, "channel"),
        ({"channel": ""}, "channel"),
        ({"channel": None}, "channel"),
        ({"channel": ["sms"]}, "channel"),
        ({"phone": None}, "phone"),
        ({"phone": ""}, "phone"),
        ({"phone": "   "}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": "call me"}, "phone"),
        ({"phone": "+27 83 123 4567 8901 2345"}, "phone"),
        ({"phone": "0" * 41}, "phone"),
        ({"phone": 27831234567}, "phone"),
        ({"purpose": "gift"}, "purpose"),
        ({"amount": "12.345"}, "amount"),
        ({"amount": "115.01"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "0.00"}, "amount"),
        ({"amount": "-1.00"}, "amount"),
        ({"amount": "1e2"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "115,00"}, "amount"),
        ({"amount": " 5 "}, "amount"),
        ({"amount": "+5"}, "amount"),
        ({"amount": "5."}, "amount"),
        ({"amount": "0x10"}, "amount"),
        ({"amount": "\u0661\u0662"}, "amount"),
        ({"amount": "\uff11\uff12"}, "amount"),
        ({"expected_total": "\u0661\u0661\u0665.00"}, "expected_total"),
        ({"amount": 115.5}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": {"value": "1"}}, "amount"),
        ({"amount": "9" * 30}, "amount"),
        ({"expected_total": "much"}, "expected_total"),
        ({"order_id": 7}, "order_id"),
        ({"idempotency_key": "a b"}, "idempotency_key"),
        ({"total": "1.00"}, "total"),
        ({"currency": "ZAR"}, "currency"),
    ],
    ids=repr,
)
def test_names_the_field(world: World, page: Page, change: dict[str, Any], field: str) -> None:
    world.tenant(parts_allowed=True)
    answer = world.send(page, **change)
    assert_nothing_happened(world, answer)
    assert fields_of(answer) == {field}


def test_names_every_wrong_field_at_once(world: World, page: Page) -> None:
    answer = world.send(page, amount="1.234", expected_total="x")
    assert fields_of(answer) == {"amount", "expected_total"}


def test_never_repeats_the_value(world: World, page: Page) -> None:
    answer = world.send(page, phone="99 not a number 99", purpose="<script>alert(1)</script>")
    assert "99 not" not in answer.text
    assert "script" not in answer.text


def test_a_part_where_parts_are_not_allowed_names_the_amount(world: World, page: Page) -> None:
    answer = world.send(page, amount="40.00")
    assert_nothing_happened(world, answer)
    assert fields_of(answer) == {"amount"}


def test_the_whole_amount_may_be_said_where_parts_are_not_allowed(world: World, page: Page) -> None:
    assert world.send(page, amount="115.00").status_code == 201


def test_decimals_of_a_currency_without_them_name_the_amount(world: World) -> None:
    world.tenant(parts_allowed=True)
    page = world.open(world.order(Grand_Total__c=1150, Tax__c=150, Sub_Total__c=1000, Currency__c="JPY"))
    answer = world.send(page, expected_total="1150", amount="1.5")
    assert_nothing_happened(world, answer)
    assert fields_of(answer) == {"amount"}
    assert world.send(page, expected_total="1150", amount="1").status_code == 201


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        b"{",
        b"[1]",
        b'"text"',
        b"null",
        b"7",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a":' * 950 + b"1" + b"}" * 950,
    ],
)
def test_a_body_that_is_no_json_object_or_far_too_deep_is_said(world: World, page: Page, raw: Any) -> None:
    answer = world.client.post("/api/payment-requests", data=raw, headers=page.headers)
    assert_nothing_happened(world, answer, code="invalid_json")


def test_a_body_that_is_too_large_is_413(world: World, page: Page) -> None:
    raw = json.dumps({"channel": "sms", "phone": "x" * 140_000})
    answer = world.client.post("/api/payment-requests", data=raw, headers=page.headers)
    assert_nothing_happened(world, answer, status=413, code="too_large")


@pytest.mark.parametrize(
    "change",
    [
        {"note": CARD},
        {"note": f"please take {SPACED} thanks"},
        {"note": 4111111111111111},
        {"note": {"deep": [{"er": "3782-8224631-0005".replace("-", "")}]}},
        {"purpose": SPACED},
        {"channel": CARD},
        {CARD: "as a name"},
        {"note": "5555-5555-5555-4444"},
    ],
    ids=["text", "within text", "number", "deep", "purpose", "channel", "name", "dashes"],
)
def test_a_card_number_is_refused_and_stands_in_no_line(
    world: World, page: Page, lines: list[Any], change: dict[str, Any]
) -> None:
    answer = world.send(page, **change)
    assert_nothing_happened(world, answer, code="card_number_refused")
    said = answer.text + repr(lines)
    digits = said.replace(" ", "").replace("-", "")
    assert not any(number in digits for number in (CARD, "378282246310005", "5555555555554444"))


def test_a_phone_or_a_key_that_looks_like_a_card_is_no_card(world: World, page: Page) -> None:
    assert world.send(page, key="4111-1111-1111-1112", phone="27831234567").status_code == 201


def test_a_currency_that_the_core_does_not_offer_is_refused_by_field(world: World) -> None:
    page = world.open(world.order(Currency__c="USD"))
    answer = world.send(page)
    assert_nothing_happened(world, answer, code="order_not_payable")
    assert fields_of(answer) == {"Currency__c"}


def test_a_channel_that_the_core_does_not_offer_is_refused_by_field(world: World) -> None:
    world.tenant(
        configuration={"channels": ["sms"], "currencies": ["ZAR"], "merchant_name": None, "delivery_reports": []}
    )
    answer = world.send(world.open(world.order()), channel="whatsapp")
    assert_nothing_happened(world, answer)
    assert fields_of(answer) == {"channel"}


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [("1.99", "amount_below_minimum"), (None, "amount_above_maximum"), ("2.00", None), ("50", None)],
)
def test_an_amount_that_the_core_would_refuse_is_refused_by_field(
    world: World, amount: str | None, sentence: str | None
) -> None:
    limits = {"minimum_amounts": {"ZAR": "2.00"}, "maximum_amounts": {"ZAR": "50.00"}}
    offered = {"channels": ["sms"], "currencies": ["ZAR"], "merchant_name": None, "delivery_reports": [], **limits}
    world.tenant(parts_allowed=True, configuration=offered)
    page = world.open(world.order())
    assert page.data["order"]["limits"] == {
        "parts": True,
        "minimum": "2.00",
        "step": None,
        "maximum": "115.00",
    }
    answer = world.send(page, amount=amount)
    if sentence is None:
        assert answer.status_code == 201
        return
    assert_nothing_happened(world, answer)
    assert (fields_of(answer), answer.json["error"]["sentence"]["id"]) == ({"amount"}, sentence)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        ({"Grand_Total__c": 0.0}, "Grand_Total__c"),
        ({"Grand_Total__c": 0.004}, "Grand_Total__c"),
        ({"Grand_Total__c": -5.0}, "Grand_Total__c"),
        ({"Grand_Total__c": None}, "TotalAmount"),
        ({"Grand_Total__c": "lots"}, "Grand_Total__c"),
        ({"Currency__c": "rand"}, "Currency__c"),
    ],
    ids=repr,
)
def test_an_order_that_cannot_be_paid_names_its_field(world: World, order: dict[str, Any], field: str) -> None:
    page = world.open(world.order(**order))
    assert field in {problem["field"] for problem in page.data["order"]["problems"]}
    assert page.data["order"]["can_send"] is False
    answer = world.send(page)
    assert_nothing_happened(world, answer, code="order_not_payable")
    assert field in fields_of(answer)
