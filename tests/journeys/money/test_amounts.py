"""Amounts from the order to the customer and back: exact on every wire, in the digits that the payment core counts in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.journeys.world import World

OFFERED = ["ZAR", "JPY", "HUF", "COP", "IQD", "LAK", "CLF", "KWD"]


def offering(**digits: int) -> dict[str, Any]:
    """A core that takes many currencies, and names the digits of some."""
    return {
        "channels": ["sms", "whatsapp"],
        "currencies": OFFERED,
        "merchant_name": "Acme Shop",
        "delivery_reports": [],
        "currency_digits": digits,
    }


def order(world: World, currency: str, total: Any, tax: Any = None, sub_total: Any = None) -> str:
    return world.order(Currency__c=currency, Grand_Total__c=total, Tax__c=tax, Sub_Total__c=sub_total)


@pytest.mark.parametrize(
    ("currency", "in_salesforce", "asked", "say"),
    [
        ("ZAR", (34.116425, 2.686425, 31.43), ("34.12", "2.69", "31.43"), []),
        ("ZAR", (19.989999999999998, 0, 19.989999999999998), ("19.99", "0.00", "19.99"), []),
        ("ZAR", (115.01, 15.0, 100.0), ("115.01", "15.00", "100.01"), ["sub_total_differs"]),
        ("ZAR", (90.0, 0, 100.0), ("90.00", "0.00", "90.00"), ["sub_total_differs"]),
        ("ZAR", (99.0, -1.0, 100.0), ("99.00", "-1.00", "100.00"), ["negative_tax"]),
        ("HUF", (1234.56, 0, 1234.56), ("1234.56", "0.00", "1234.56"), []),
        ("IQD", (10.555, 0, 10.555), ("10.555", "0.000", "10.555"), []),
        ("JPY", (99.5, 9.5, 90), ("100", "10", "90"), []),
        ("CLF", (37123.4567, 0, 37123.4567), ("37123.4567", "0.0000", "37123.4567"), []),
    ],
    ids=str,
)
def test_an_order_is_shown_sent_paid_and_written_in_one_and_the_same_amount(
    world: World, currency: str, in_salesforce: tuple[Any, ...], asked: tuple[str, str, str], say: list[str]
) -> None:
    world.tenant(configuration=offering())
    page = world.open(order(world, currency, *in_salesforce))
    shown = page.data["order"]
    assert (shown["total"], shown["tax"], shown["sub_total"]) == asked
    assert [note["sentence"]["id"] for note in shown["notes"]] == say
    assert shown["can_send"] is True
    answer = world.send(page, expected_total=shown["total"], expected_currency=currency)
    assert (answer.json["amount"], answer.json["tax"], answer.json["sub_total"]) == asked
    (body,) = world.core.sends
    # Compared as text: a float would have lost what the digits say.
    assert tuple(str(body[name]) for name in ("totalAmount", "taxAmount", "subTotalAmount")) == asked
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.settle()
    paid = world.look(page)
    due = str(Decimal(asked[0]) * 0)
    assert (paid["payment_state"], paid["amount_paid"], paid["amount_due"]) == ("paid", asked[0], due)
    written = world.org.order_records(page.order_id)[-1]
    assert Decimal(str(written["Chat2Pay_Amount_Paid__c"])) == Decimal(asked[0])


@pytest.mark.parametrize("total", [-5.0, 0, 0.004, None, "much"])
def test_only_a_total_that_is_missing_zero_or_negative_stands_in_the_way(world: World, total: Any) -> None:
    page = world.open(order(world, "ZAR", total, 0, total))
    shown = page.data["order"]
    assert (shown["can_send"], shown["payment_state"]) == (False, "unpaid")
    answer = world.send(page, expected_total=None)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "order_not_payable")
    assert world.core.sends == []


def test_the_cores_own_digits_count_and_what_needs_more_is_found_before_anything_is_sent(world: World) -> None:
    world.tenant(configuration=offering(IQD=0, KWD=2, JPY=2))
    page = world.open(order(world, "IQD", 10.555))
    (problem,) = page.data["order"]["problems"]
    assert (problem["field"], problem["sentence"]["id"]) == ("Grand_Total__c", "amount_not_whole")
    assert problem["sentence"]["values"]["total"] == {"amount": "10.555", "currency": "IQD"}
    answer = world.send(page, expected_total=None)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["Grand_Total__c"])
    assert world.core.sends == []
    for currency, total, asked in (("IQD", 10.0, "10"), ("KWD", 10.55, "10.55"), ("JPY", 99.5, "99.50")):
        page = world.open(order(world, currency, total))
        assert page.data["order"]["total"] == asked
        assert page.data["order"]["amount_paid"] == str(Decimal(asked) * 0)
        world.sent(page, expected_total=asked)
        assert str(world.core.sends[-1]["totalAmount"]) == asked


@pytest.mark.parametrize(
    ("total", "part", "sentence", "nearest"),
    [
        (12.345, None, "due_not_in_steps", "12.340"),
        (0.005, None, "due_not_in_steps", "0.010"),
        (12.345, "1.001", "amount_not_in_steps", "1.000"),
        (12.34, "1.005", "amount_not_in_steps", "1.000"),
        # What parts in steps leave of an order; more than that cannot be asked for.
        (0.005, "0.004", "due_not_in_steps", "0.010"),
    ],
)
def test_a_last_digit_that_the_gateway_cannot_charge_is_found_before_anything_is_sent(
    world: World, total: float, part: str | None, sentence: str, nearest: str
) -> None:
    world.tenant(configuration={**offering(), "amount_steps": {"KWD": "0.010"}}, parts_allowed=part is not None)
    page = world.open(order(world, "KWD", total))
    assert page.data["order"]["limits"]["step"] == "0.010"
    answer = world.send(page, expected_total=None, amount=part)
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (422, ["amount"])
    said = answer.json["error"]["sentence"]
    assert (said["id"], said["values"]["nearest"]) == (sentence, {"amount": nearest, "currency": "KWD"})
    assert world.core.sends == []


def test_what_the_core_names_is_kept_when_its_settings_change(world: World) -> None:
    world.core.configuration["currencyDigits"] = {"ZAR": 3, "KWD": "two", "JPY": -1, "EUR": True}
    world.core.configuration["amountSteps"] = {"KWD": "0.010", "JPY": "none"}
    world.core.configuration["minimumAmounts"] = {"ZAR": "2.00", "KWD": "some", "JPY": -1, "EUR": 0.5}
    world.callback({"event": "CURRENCY_ADDED"}, kind="settings")
    world.drain()
    assert world.acme.configuration.currency_digits == {"ZAR": 3}
    assert world.acme.configuration.minimum_amounts == {"ZAR": "2.00"}
    assert world.acme.configuration.amount_steps == {"KWD": "0.010"}


def test_a_core_that_made_a_float_of_an_amount_is_believed(world: World) -> None:
    page = world.open(order(world, "ZAR", 34.116425))
    link = world.sent(page, expected_total="34.116425")
    link.update(totalAmount=34.120000000000005)
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=34.120000000000005)
    shown = world.look(page)
    assert (shown["payment_state"], shown["amount_paid"], shown["amount_due"]) == ("paid", "34.12", "0.00")


def test_a_core_that_names_another_amount_is_still_an_anomaly(world: World) -> None:
    page = world.open(order(world, "ZAR", 34.12))
    link = world.sent(page, expected_total="34.12")
    link.update(totalAmount=34.13)
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=34.13)
    assert world.look(page)["payment_state"] == "requested"


@pytest.mark.parametrize("said", [{"expected_currency": "ZAR"}, {}], ids=["said", "as it was shown"])
def test_an_amount_in_another_currency_than_the_agent_saw_is_not_sent(world: World, said: dict[str, str]) -> None:
    world.tenant(configuration=offering())
    page = world.open(order(world, "ZAR", 115.0))
    world.org.orders[page.order_id]["Currency__c"] = "HUF"
    answer = world.send(page, **said)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "order_changed")
    assert world.core.sends == []
    assert world.send(page, expected_currency="HUF").status_code == 201


def test_an_exponent_that_nothing_can_hold_ends_no_call_in_a_fault(world: World) -> None:
    page = world.open(world.order())
    link = world.sent(page)
    body = b'{"paymentLinkRef": "%s", "totalAmount": 1E+99999999999999999999, "paymentStatus": "PAYMENT_RECEIVED"}'
    answer = world.callback(body.replace(b"%s", link["paymentLinkRef"].encode()))
    assert answer.status_code == 200
    world.drain()
    assert world.look(page)["payment_state"] == "requested"
