"""What of an order can be requested and taken: the amounts in the core's digits, and what stands in the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.domain.payments.order import Amounts, OrderProblem, rounded_amounts, total_problem
from tests.unit.examples import make_order


@pytest.mark.parametrize(
    ("tax", "amount", "tax_asked", "sub_total"),
    [
        pytest.param("15.00", "115.00", "15.00", "100.00", id="all of it"),
        pytest.param("15.00", "40.00", "0.00", "40.00", id="a part, whose share of the tax is stated nowhere"),
        pytest.param(None, "115.00", "0.00", "115.00", id="all of an order that shows no tax"),
    ],
)
def test_the_tax_is_asked_for_with_the_whole_total_only(
    tax: str | None, amount: str, tax_asked: str, sub_total: str
) -> None:
    order = make_order(tax=tax and Decimal(tax), sub_total=Decimal("100.00") if tax else None)
    assert [str(one) for one in order.breakdown(Decimal(amount))] == [tax_asked, sub_total]


@pytest.mark.parametrize(
    ("sentences", "unclear", "bars"),
    [
        ([], False, None),
        (["amount_zero"], False, None),
        (["amount_negative"], False, None),
        (["amount_missing"], True, "amount_missing"),
        (["amount_unreadable"], True, "amount_unreadable"),
        (["currency_unreadable", "amount_zero"], True, "currency_unreadable"),
        (["amount_negative", "order_not_payable_status"], False, "order_not_payable_status"),
    ],
)
def test_held_money_is_not_taken_for_an_order_that_something_else_than_its_total_speaks_against(
    sentences: list[str], unclear: bool, bars: str | None
) -> None:
    order = make_order(problems=tuple(OrderProblem("Total__c", one, {}) for one in sentences))
    assert order.is_unclear is unclear
    assert (order.bars_capture.sentence if order.bars_capture else None) == bars


def test_each_amount_is_rounded_by_itself_and_half_up() -> None:
    assert rounded_amounts(Decimal("1.005"), Decimal("0.125"), 2) == Amounts(Decimal("1.01"), Decimal("0.13"))
    assert rounded_amounts(Decimal("1.005"), None, 2) == Amounts(Decimal("1.01"))


@pytest.mark.parametrize(
    ("total", "currency", "digits", "sentence"),
    [
        ("115.00", "ZAR", 2, None),
        ("0.01", "ZAR", 2, None),
        ("0.005", "ZAR", 2, None),
        ("0.004", "ZAR", 2, "amount_zero"),
        ("0", "ZAR", 2, "amount_zero"),
        ("-0.004", "ZAR", 2, "amount_zero"),
        ("-0.01", "ZAR", 2, "amount_negative"),
        (None, "ZAR", 2, "amount_missing"),
        ("10.50", "ZAR", 0, "amount_not_whole"),
        ("10.00", "ZAR", 0, None),
        ("10.555", "KWD", 2, "amount_too_fine"),
        ("10.550", "KWD", 2, None),
        ("99.5", "JPY", 0, None),
        ("1000.55", "JPY", 2, None),
    ],
)
def test_a_total_is_requested_where_the_cores_digits_can_say_what_people_see(
    total: str | None, currency: str, digits: int, sentence: str | None
) -> None:
    found = total_problem(None if total is None else Decimal(total), currency, digits, field="Total__c")
    assert (found.sentence if found else None) == sentence
