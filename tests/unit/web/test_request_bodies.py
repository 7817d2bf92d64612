"""What is read from the body of a request, and where a card number in it is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from connector.domain.payments.payment import Channel, Purpose
from connector.errors import Invalid
from connector.journeys.requesting.read_recipient import GivenNumber
from connector.journeys.requesting.send_payment_request import SendCommand
from connector.web.schemas.request_schemas import read_command, read_key, refuse_card_numbers, texts

CARD = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"note": CARD}, "note"),
        ({"note": f"Card {CARD}, please"}, "note"),
        ({"note": {"text": [CARD]}}, "note"),
        ({"note": ["nothing", {"text": CARD}]}, "note"),
        ({"note": int(CARD.replace(" ", ""))}, "note"),
        ({"note": float(CARD.replace(" ", ""))}, "note"),
        ({"n" * 60: CARD}, "n" * 40),
        ([CARD], "body"),
        (CARD, "body"),
        ({CARD: 1}, "body"),
        ({"note": {CARD: 1}}, "body"),
        ({"idempotency_key": "4111.1111.1111.1111"}, "idempotency_key"),
        ({"idempotency_key": "4111:1111:1111:1111"}, "idempotency_key"),
        ({"idempotency_key": "4111_1111_1111_1111"}, "idempotency_key"),
        ({"idempotency_key": [CARD]}, "idempotency_key"),
    ],
    ids=str,
)
def test_a_card_number_is_refused_wherever_it_is(body: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        refuse_card_numbers(body)
    assert refused.value.code.value == "card_number_refused"
    assert list(refused.value.fields) == [field]
    assert "4111" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [{}, None, True, 1.5, {"note": "order 00000102", "agreed": False}, {"amount": CARD}, {"phone": CARD}, [[], {}],
     {"idempotency_key": "4f3c2b1a-0000-4000-8000-0123456789ab"}],
    ids=str,
)  # fmt: skip
def test_what_is_no_card_number_or_has_a_form_of_its_own_is_let_through(body: Any) -> None:
    refuse_card_numbers(body)


def request(key: str | None) -> Request:
    headers = [("Idempotency-Key", key)] if key is not None else []
    return Request(EnvironBuilder(headers=headers).get_environ())


@pytest.mark.parametrize(
    ("header", "body", "key"),
    [
        (None, None, None),
        ("key-00001", None, "key-00001"),
        (None, "key-00001", "key-00001"),
        ("key-00001", "key-00001", "key-00001"),
        ("k" * 8, None, "k" * 8),
        ("k" * 128, None, "k" * 128),
    ],
)
def test_the_idempotency_key_is_the_headers_or_the_bodys(header: str | None, body: str | None, key: str | None) -> None:
    assert read_key(request(header), body) == key


@pytest.mark.parametrize(
    ("header", "body", "field", "code"),
    [
        ("key-00001", "key-00002", "idempotency_key", "invalid"),
        ("k" * 7, None, "Idempotency-Key", "invalid"),
        ("k" * 129, None, "Idempotency-Key", "invalid"),
        ("", "key-00001", "Idempotency-Key", "invalid"),
        ("4111-1111-1111-1111", None, "Idempotency-Key", "card_number_refused"),
    ],
)
def test_an_idempotency_key_that_is_none_or_is_two_is_refused(
    header: str, body: str | None, field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_key(request(header), body)
    assert refused.value.code.value == code
    assert list(refused.value.fields) == [field]


SEND: dict[str, Any] = {
    "channel": "sms", "phone": None, "purpose": "full", "amount": None, "expected_total": None, "customer_agreed": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "command"),
    [
        ({}, {}),
        ({"phone": "083 123 4567"}, {"phone": GivenNumber("083 123 4567", False)}),
        ({"phone": "083 123 4567", "phone_confirmed": True}, {"phone": GivenNumber("083 123 4567", True)}),
        ({"purpose": "deposit", "amount": "40.00"},
         {"purpose": Purpose.DEPOSIT, "amount": Decimal("40.00"), "currency": "ZAR"}),
        ({"expected_total": "115.004"}, {"expected_total": Decimal("115.00"), "currency": "ZAR"}),
        ({"expected_currency": "JPY"}, {"currency": "JPY"}),
        ({"amount": "40", "expected_currency": "JPY"}, {"amount": Decimal("40.00"), "currency": "JPY"}),
        ({"customer_agreed": True}, {"customer_agreed": True}),
    ],
    ids=str,
)  # fmt: skip
def test_a_send_is_read_in_the_orders_currency(body: dict[str, Any], command: dict[str, Any]) -> None:
    plain: dict[str, Any] = {"channel": Channel.SMS, "phone": None}
    assert read_command({**SEND, **body}, currency="ZAR", digits=2) == SendCommand(**{**plain, **command})


def test_each_amount_that_cannot_be_read_is_named() -> None:
    with pytest.raises(Invalid) as refused:
        read_command({**SEND, "amount": "lots", "expected_total": "more"}, currency="ZAR", digits=2)
    assert list(refused.value.fields) == ["amount", "expected_total"]


@pytest.mark.parametrize(
    ("messages", "flat"),
    [("one", ["one"]), (["one", 2], ["one", "2"]), ({"a": ["one"], "b": {"c": ["two", "three"]}}, ["one", "two", "three"])],
    ids=str,
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_list(messages: Any, flat: list[str]) -> None:
    assert texts(messages) == flat
