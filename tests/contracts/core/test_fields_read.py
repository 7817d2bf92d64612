"""The core's answers field by field: what may be left out, and what a value of another kind counts as."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from unittest.mock import Mock

import pytest
from marshmallow import Schema, ValidationError

from connector.core.client import CoreClient
from connector.core.own.attention import AttentionList, listed_attention
from connector.core.parsing import parse_json
from connector.core.schemas import CANCELLED_LINK, CONFIGURATION, MOVED_MONEY, SENT_LINK, TRANSACTION
from manifests.shipped import load_shipped
from tests.contracts.core.test_core_client import ACCESS
from tests.contracts.core.test_core_client import RECORD as SHOWN

RECORD: dict[str, Any] = parse_json(json.dumps(SHOWN))
OFFERED = {"channels": ["sms"], "currencies": ["ZAR"]}
# Whose answer it is, an example of it, and the fields without which it is none.
ANSWERS: dict[str, tuple[Schema, dict[str, Any], set[str]]] = {
    "get_transaction": (TRANSACTION, RECORD, {"paymentLinkRef", "totalAmount", "currency"}),
    "send_payment_link": (SENT_LINK, {"paymentLinkRef": "link-1"}, {"paymentLinkRef"}),
    "cancel_payment_link": (CANCELLED_LINK, {}, set()),
    "capture_payment": (MOVED_MONEY, {}, set()),
    "get_configuration": (CONFIGURATION, OFFERED, {"channels", "currencies"}),
}
_FIELDS = [
    (operation, name)
    for operation in ANSWERS
    for of in ("operations", "ours")
    for name in load_shipped(f"core/{of}.json")["operations"].get(operation, {}).get("answer", {}).values()
]


def without(example: dict[str, Any], name: str) -> dict[str, Any]:
    return {one: value for one, value in example.items() if one != name}


@pytest.mark.parametrize(("operation", "name"), _FIELDS)
def test_an_answer_may_lack_whatever_does_not_decide(operation: str, name: str) -> None:
    schema, example, needed = ANSWERS[operation]
    for answer in (without(example, name), {**example, name: None}):
        if name in needed:
            with pytest.raises(ValidationError):
                schema.load(answer)
        else:
            schema.load(answer)


@pytest.mark.parametrize(
    ("told", "year"),
    [
        ("1999-12-31T23:59:59Z", None),
        ("2000-01-01T00:00:00Z", 2000),
        ("2199-12-31T23:59:59Z", 2199),
        ("2200-01-01T00:00:00Z", None),
    ],
)
def test_a_payment_is_of_a_time_in_these_two_hundred_years(told: str, year: int | None) -> None:
    read = TRANSACTION.load({**RECORD, "createdAt": told}).created_at
    assert (read.year if read else None) == year


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("paid_twice", "paid_twice"),
        ("Paid twice", None),
        ("paid_", None),
        ("x" * 40, "x" * 40),
        ("x" * 41, None),
        (7, None),
        (["paid_twice"], None),
    ],
)
def test_why_a_person_is_needed_is_one_word_in_small_letters(told: Any, read: str | None) -> None:
    assert TRANSACTION.load({**RECORD, "attention": told}).attention == read


def test_an_amount_is_as_long_as_its_column() -> None:
    longest = f"115.{'0' * 27}1"
    assert TRANSACTION.load({**RECORD, "capturedAmount": longest}).captured == Decimal(longest)
    with pytest.raises(ValidationError):
        TRANSACTION.load({**RECORD, "capturedAmount": f"{longest}1"})


@pytest.mark.parametrize(
    ("name", "longest"), [("paymentLinkRef", 80), ("orderNumber", 80), ("currency", 20), ("environment", 20)]
)
def test_what_decides_is_refused_where_it_is_longer_than_its_column(name: str, longest: int) -> None:
    TRANSACTION.load({**RECORD, name: "X" * longest})
    with pytest.raises(ValidationError):
        TRANSACTION.load({**RECORD, name: "X" * (longest + 1)})


@pytest.mark.parametrize(
    ("name", "ours", "longest"),
    [
        ("linkStatus", "link_word", 64),
        ("paymentStatus", "core_status", 64),
        ("receiptLinkRef", "receipt_reference", 120),
        ("reconciliationReference", "reconciliation_reference", 120),
    ],
)
def test_what_does_not_decide_is_left_out_where_it_is_longer_than_its_column(
    name: str, ours: str, longest: int
) -> None:
    for length, read in ((longest, "X" * longest), (longest + 1, None)):
        record = TRANSACTION.load({**RECORD, "linkStatus": None, "paymentStatus": None, name: "X" * length})
        assert getattr(record, ours) == read


@pytest.mark.parametrize(("number", "read"), [(10**18, True), (10**19, False)])
def test_an_id_that_is_a_number_with_decimals_is_read_as_the_whole_number(number: int, read: bool) -> None:
    """What came through a spreadsheet or a gateway has lost its form, not its meaning."""
    answer = {"paymentLinkRef": Decimal(number).quantize(Decimal("1.0"))}
    if read:
        assert SENT_LINK.load(answer).link_reference == str(number)
    else:
        with pytest.raises(ValidationError):
            SENT_LINK.load(answer)


@pytest.mark.parametrize(("more", "read"), [(3, 3), (1, 1), (0, 0), (-1, 0), (True, 0), ("3", 0), (None, 0)])
def test_of_the_payments_that_need_a_person_what_can_be_read_counts(more: object, read: int) -> None:
    core = Mock(spec=CoreClient)
    disputed = {"paymentLinkRef": "link-1", "attention": "disputed"}
    odd = [{**disputed, "paymentLinkRef": 7}, {"paymentLinkRef": "link-2", "attention": None}, "?"]
    core.ask_own.return_value = {"payments": [disputed, *odd], "morePayments": more}
    assert listed_attention(core, ACCESS) == AttentionList({"link-1": "disputed"}, read)
    core.ask_own.return_value = {"payments": None}
    assert listed_attention(core, ACCESS) == AttentionList({})
