"""Amounts at their limits, by Stripe's own table."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from payment_core.gateways.stripe.amounts import (
    AmountNotCarried,
    UnknownCurrency,
    amount_of,
    check_total,
    least_of,
    step_of,
    units_of,
)


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("115.00", "ZAR", 11500), ("115", "JPY", 115), ("115.250", "KWD", 115250), ("115", "ISK", 11500),
        ("999999.99", "ZAR", 99_999_999), ("9999999999.99", "HUF", 999_999_999_999), ("0", "ZAR", 0),
    ],
)  # fmt: skip
def test_an_amount_is_counted_in_the_smallest_unit_and_back(amount: str, currency: str, units: int) -> None:
    assert units_of(Decimal(amount), currency) == units
    digits = max(0, -int(Decimal(amount).as_tuple().exponent))
    assert amount_of(units, currency, digits=digits) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("1.001", "ZAR"), ("1.5", "JPY"), ("115.251", "KWD"), ("1.50", "ISK"), ("1000000.00", "ZAR"),
        ("10000000000.00", "HUF"), ("1.50", "UGX"),
    ],
)  # fmt: skip
def test_an_amount_that_a_currency_cannot_carry_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(AmountNotCarried):
        units_of(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "carried"),
    [
        ("115.251", "KWD", "a multiple of 0.010 KWD here, such as 115.250"),
        ("0.009", "KWD", "such as 0.010"),
        ("2.50", "ISK", "a multiple of 1 ISK here, such as 2.00"),
        ("0.50", "UGX", "such as 1"),
        ("1.001", "ZAR", "more decimals than the 2 of ZAR"),
        ("1000000.00", "ZAR", "more than one payment can be"),
    ],
)
def test_whoever_asks_for_what_cannot_be_carried_reads_what_can(amount: str, currency: str, carried: str) -> None:
    with pytest.raises(AmountNotCarried, match=re.escape(carried)):
        units_of(Decimal(amount), currency)


def test_a_payment_is_at_least_what_stripe_says() -> None:
    for currency in ("USD", "GBP", "JPY"):
        least = least_of(currency)
        assert least is not None
        check_total(least, currency)
        with pytest.raises(AmountNotCarried, match="at least"):
            check_total(least - (1 if currency == "JPY" else Decimal("0.01")), currency)
    assert least_of("ZAR") is None
    assert [least_of(one) for one in ("HUF", "CZK", "MXN")] == [Decimal("175.00"), Decimal("15.00"), Decimal(10)]
    with pytest.raises(UnknownCurrency):
        check_total(Decimal(1), "XXX")
    with pytest.raises(AmountNotCarried, match="decimals"):
        check_total(Decimal("1.001"), "ZAR")


def test_more_digits_than_the_merchant_counts_are_never_rounded_away() -> None:
    assert amount_of(11550, "ZAR", digits=0) == Decimal("115.50")
    assert str(amount_of(11500, "ZAR", digits=0)) == "115"
    assert [str(amount_of(12340, "KWD", digits=two)) for two in (2, 3)] == ["12.34", "12.340"]
    assert [str(amount_of(100, "JPY", digits=one)) for one in (0, 2)] == ["100", "100.00"]


@pytest.mark.parametrize("currency", ["BHD", "JOD", "KWD", "OMR", "TND"])
def test_of_three_decimals_stripe_takes_two(currency: str) -> None:
    assert (step_of(currency), units_of(Decimal("1.010"), currency)) == (Decimal("0.010"), 1010)


def test_where_each_unit_is_taken_there_is_no_step() -> None:
    assert [step_of(one) for one in ("ZAR", "JPY", "ISK", "UGX")] == [None, None, 1, 1]
