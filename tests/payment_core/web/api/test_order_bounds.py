"""Each bound of an order is taken exactly, and one more is refused by its field."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from payment_core.api_manifest import read_api_manifest
from payment_core.domain.enums import Channel
from payment_core.domain.link import Line
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.link_order import LinkOrder
from payment_core.web.api.link_order_body import read_link_order
from tests.payment_core.conftest import MERCHANT
from tests.payment_core.web.api.test_bad_input import GOOD

API = read_api_manifest()
CARD = "4111111111111111"
MORE = API.operation("send_payment_link").body["more_lines"]


def read(merchant: Merchant = MERCHANT, **changes: Any) -> LinkOrder:
    body = {**GOOD, **changes}
    return read_link_order(body, API.operation("send_payment_link").body, merchant, API.our_reference)


def refused(merchant: Merchant = MERCHANT, **changes: Any) -> str | None:
    """Return the field that is refused; None where the order is taken."""
    try:
        read(merchant, **changes)
    except Refusal as refusal:
        return refusal.field
    return None


def total(amount: str) -> dict[str, Any]:
    return {"totalAmount": amount, "subTotalAmount": amount, "taxAmount": "0"}


@pytest.mark.parametrize(
    ("amount", "is_taken"),
    [("4.99", False), ("5.00", True), ("5", True), ("900.00", True), ("900.01", False), ("0.00", False)],
)
def test_a_merchants_limits_are_amounts_that_it_takes(amount: str, is_taken: bool) -> None:
    limited = replace(MERCHANT, minimum={"ZAR": Decimal("5.00")}, maximum={"ZAR": Decimal("900.00")})
    assert (refused(limited, **total(amount)) is None) == is_taken
    assert (refused(**total(amount)) is None) == (amount != "0.00"), "of a merchant without limits"
    # A limit is of its own currency.
    assert refused(limited, **total("0.01"), currency="USD") is None


@pytest.mark.parametrize(
    ("sub_total", "tax", "field"),
    [("130.43", "19.57", None), ("130.43", "19.58", "totalAmount"), ("150.00", "-0.01", "totalAmount"), ("0", "150", None)],
)  # fmt: skip
def test_a_total_is_its_parts(sub_total: str, tax: str, field: str | None) -> None:
    assert refused(totalAmount="150.00", subTotalAmount=sub_total, taxAmount=tax) == field


def lines(number: int) -> list[dict[str, Any]]:
    return [{"name": "Beans", "quantity": 1, "amount": "1.00"}] * number


def nested(deep: int) -> dict[str, Any]:
    """Return an object with lists in it, and a number in the innermost: as many levels as it says."""
    value: object = 1
    for _ in range(deep - 2):
        value = [value]
    return {"a": value}


LINE = {"name": "Beans", "quantity": 1, "amount": "1.00"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"orderNumber": "x" * 64}, None),
        ({"orderNumber": "x" * 65}, "orderNumber"),
        ({"orderNumber": CARD}, "orderNumber"),
        ({"applicationUuid": "x" * 64}, None),
        ({"applicationUuid": "x" * 65}, "applicationUuid"),
        ({"previousPaymentLinkRef": "x" * 36}, None),
        ({"previousPaymentLinkRef": "x" * 37}, "previousPaymentLinkRef"),
        ({"payerReference": "x" * 64}, None),
        ({"payerReference": "x" * 65}, "payerReference"),
        ({"payerReference": None}, None),
        ({"payerReference": ""}, "payerReference"),
        ({"language": "en-ZA"}, None),
        ({"language": "sr_Latn_RS"}, None),
        ({"language": "xx"}, "language"),
        ({"endUserMobileNumber": "27831234567"}, None),
        ({"endUserMobileNumber": "+27831234567"}, "endUserMobileNumber"),
        ({"endUserMobileNumber": "02783123456"}, "endUserMobileNumber"),
        ({"endUserMobileNumber": "27831234567890"}, "endUserMobileNumber"),
        ({"endUserMobileNumber": "9999999999999999"}, "endUserMobileNumber"),
        ({"orderLines": lines(50)}, None),
        ({"orderLines": lines(51)}, "orderLines"),
        ({"orderLines": "x"}, "orderLines"),
        ({"orderLines": ["x"]}, "orderLines[0]"),
        ({"orderLines": [LINE, LINE | {"name": "x" * 120}]}, None),
        ({"orderLines": [LINE, LINE | {"name": "x" * 121}]}, "orderLines[1].name"),
        ({"orderLines": [LINE | {"quantity": 1_000_000}]}, None),
        ({"orderLines": [LINE | {"quantity": -1_000_000}]}, None),
        ({"orderLines": [LINE | {"quantity": "1000000.000001"}]}, "orderLines[0].quantity"),
        ({"orderLines": [LINE | {"quantity": "0.000001"}]}, None),
        ({"orderLines": [LINE | {"quantity": "0.0000001"}]}, "orderLines[0].quantity"),
        ({"orderLines": [LINE | {"quantity": 0}]}, "orderLines[0].quantity"),
        ({"orderLines": [LINE | {"amount": "-1.00"}]}, None),
        ({"orderLines": [LINE | {"amount": "1.001"}]}, "orderLines[0].amount"),
        ({MORE: 1_000_000}, None),
        ({MORE: 1_000_001}, MORE),
        ({MORE: -1}, MORE),
        ({MORE: True}, MORE),
        ({MORE: 1.5}, MORE),
        ({MORE: 0}, None),
        ({MORE: None}, None),
        ({"additionalData": {"x": "y" * 4087}}, None),
        ({"additionalData": {"x": "y" * 4088}}, "additionalData"),
        ({"additionalData": [1]}, "additionalData"),
        ({"additionalData": {"a": [1, {"b": [CARD]}]}}, "additionalData"),
        ({"additionalData": {CARD: 1}}, "additionalData"),
        ({"additionalData": {"a": True, "b": None, "c": 1.5}}, None),
        ({"additionalData": nested(32)}, None),
        ({"additionalData": nested(33)}, "additionalData"),
        # As deep as the body's reader itself can follow.
        ({"additionalData": nested(900)}, "additionalData"),
    ],
)
def test_a_field_is_taken_up_to_its_bound(changes: dict[str, Any], field: str | None) -> None:
    assert refused(**changes) == field


@pytest.mark.parametrize(
    ("value", "reference"),
    [
        ("a", "a"),
        ("x" * 255, "x" * 255),
        # What is no reference of ours is the caller's own data, and comes back as it was sent.
        ("x" * 256, None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_a_reference_is_a_text_of_at_most_255_characters(value: object, reference: str | None) -> None:
    order = read(additionalData={API.our_reference: value, "more": [1]})
    assert order.caller_reference == reference
    assert order.additional_data == {API.our_reference: value, "more": [1]}


def test_what_is_not_said_is_the_merchants_or_nothing() -> None:
    order = read(replace(MERCHANT, locale="de"), taxAmount="0.00")
    assert (order.language, order.lines, order.more_lines) == ("de", (), 0)
    assert (order.caller_reference, order.payer_reference, order.previous) == (None, None, None)
    assert (order.channel, order.phone.digits) == (Channel.SMS, GOOD["endUserMobileNumber"])
    (line,) = read(orderLines=[{"name": " Caf\u00e9\u00a0Noir", "amount": "1.00"}]).lines
    assert line == Line("Caf\u00e9 Noir", Decimal(1), Decimal("1.00"))


def test_the_same_order_is_known_again_whatever_the_order_of_its_fields() -> None:
    first = read()
    body = dict(reversed(GOOD.items()))
    again = read_link_order(body, API.operation("send_payment_link").body, MERCHANT, API.our_reference)
    assert first.digest == again.digest
    assert read(orderNumber="00000101").digest != first.digest
