"""Amounts: every currency's own digits, nothing rounded, nothing guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from connector.domain.money import AmountError, exponent, fit, is_currency, read_amount, to_text

SEED = 20261121


@pytest.mark.parametrize(
    ("given_value", "currency", "read"),
    [
        ("115.00", "ZAR", "115.00"),
        ("115", "ZAR", "115.00"),
        ("115.5", "ZAR", "115.50"),
        (" 115.00 ", "ZAR", "115.00"),
        ("0", "ZAR", "0.00"),
        (115, "ZAR", "115.00"),
        (Decimal("115.000"), "ZAR", "115.00"),
        (Decimal("1E+3"), "ZAR", "1000.00"),
        ("1150", "JPY", "1150"),
        ("1150.00", "JPY", "1150"),
        ("1.234", "KWD", "1.234"),
        ("1.2", "KWD", "1.200"),
        ("999999999999999.99", "ZAR", "999999999999999.99"),
    ],
)
def test_an_amount_gets_exactly_its_currencys_digits(given_value: object, currency: str, read: str) -> None:
    assert str(read_amount(given_value, currency)) == read


@pytest.mark.parametrize(
    ("given_value", "currency", "told"),
    [
        ("115.001", "ZAR", "ZAR has at most 2 decimals."),
        ("1150.5", "JPY", "JPY has no decimals."),
        ("1.2345", "KWD", "KWD has at most 3 decimals."),
        (Decimal("0.001"), "ZAR", "ZAR has at most 2 decimals."),
    ],
)
def test_more_digits_than_the_currency_has_are_refused_and_never_rounded(
    given_value: object, currency: str, told: str
) -> None:
    with pytest.raises(AmountError, match=f"^{told}$"):
        read_amount(given_value, currency)


@pytest.mark.parametrize(
    "given_value",
    [115.0, 0.1, float("nan"), True, False, None, [], {}, b"115.00"],
    ids=repr,
)
def test_a_float_has_lost_digits_already_and_is_refused_like_everything_that_is_no_amount(given_value: object) -> None:
    with pytest.raises(AmountError, match="decimal string"):
        read_amount(given_value, "ZAR")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-1",
        "+1",
        "-0",
        "1e5",
        "1E2",
        "1,000.00",
        "1 000",
        ".5",
        "5.",
        "1.2.3",
        "NaN",
        "Infinity",
        "R115",
        "0x10",
        "1_000",
        "1000000000000000",
        "0." + "1" * 19,
    ],
)
def test_what_is_not_plain_digits_and_a_point_is_refused(text: str) -> None:
    with pytest.raises(AmountError):
        read_amount(text, "ZAR")


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-1")], ids=str)
def test_a_decimal_that_is_no_amount_is_refused(value: Decimal) -> None:
    with pytest.raises(AmountError):
        read_amount(value, "ZAR")


@pytest.mark.parametrize(
    ("currency", "digits"),
    [("ZAR", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("UGX", 0), ("KWD", 3), ("TND", 3), ("XXX", 2)],
)
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits
    assert to_text(Decimal(7), currency) == ("7." + "0" * digits).rstrip(".")


@pytest.mark.parametrize(
    ("code", "is_one"),
    [("ZAR", True), ("zar", False), ("ZA", False), ("ZARR", False), ("", False), (None, False), (7, False)],
)
def test_a_currency_code_is_three_capitals(code: object, is_one: bool) -> None:
    assert is_currency(code) is is_one


@seed(SEED)
@settings(max_examples=100)
@given(st.integers(0, 10**14), st.sampled_from(["ZAR", "JPY", "KWD"]))
def test_what_travels_as_text_is_read_back_equal(units: int, currency: str) -> None:
    amount = Decimal(units).scaleb(-exponent(currency))
    assert read_amount(to_text(amount, currency), currency) == amount == fit(amount, currency)
