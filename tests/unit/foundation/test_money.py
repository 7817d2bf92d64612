"""Amounts: every currency's own digits, a caller's never rounded, a peer's rounded half up."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from babel.numbers import list_currencies
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from connector.core.peer_fields import PeerAmount
from foundation.money import (
    AmountError,
    digits_of,
    is_currency,
    iso_digits,
    read_amount,
    read_number,
    read_rounded,
    read_signed,
    round_amount,
    to_text,
)
from sandbox import currencies

SEED = 20261121
# What the page and the panel make of what people type, and what the API takes of it.
SHARED: dict[str, list[Any]] = json.loads(Path(__file__).parents[2].joinpath("shared/amounts.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("given_value", "currency", "read"),
    [
        ("115.00", "ZAR", "115.00"),
        ("115", "ZAR", "115.00"),
        ("115.5", "ZAR", "115.50"),
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


@pytest.mark.parametrize("decimals", [30, 31])
def test_a_number_of_json_may_have_as_many_decimals_as_its_text(decimals: int) -> None:
    text = "0." + "1" * decimals
    for given_value in (text, Decimal(text)):
        if decimals == 30:
            assert str(read_signed(given_value)) == text
        else:
            with pytest.raises(AmountError):
                read_signed(given_value)


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
        "1000000000000000000",
        "0." + "1" * 31,
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
    [
        ("ZAR", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("UGX", 0), ("KWD", 3), ("TND", 3), ("CLF", 4), ("UYW", 4),
        # CLDR, which babel and browsers go by, has fewer for these.
        ("HUF", 2), ("COP", 2), ("LAK", 2), ("IQD", 3), ("MGA", 2), ("IDR", 2), ("YER", 2), ("MRU", 2), ("XXX", 2),
    ],
)  # fmt: skip
def test_a_currency_has_the_digits_of_iso_4217(currency: str, digits: int) -> None:
    assert iso_digits(currency) == digits
    assert to_text(Decimal(7), currency) == ("7." + "0" * digits).rstrip(".")


@pytest.mark.parametrize("currency", sorted(list_currencies()))
def test_the_sandbox_counts_every_currency_as_we_do(currency: str) -> None:
    assert currencies.iso_digits(currency) == iso_digits(currency)


@pytest.mark.parametrize(
    ("given_value", "digits", "made"),
    [
        ("34.116425", 2, "34.12"),
        ("19.989999999999998", 2, "19.99"),
        ("115.005", 2, "115.01"),
        ("115.00499999999999", 2, "115.00"),
        ("115.015", 2, "115.02"),
        ("-0.005", 2, "-0.01"),
        ("-0.004", 2, "0.00"),
        ("-0", 2, "0.00"),
        ("1E+2", 2, "100.00"),
        ("1E-17", 2, "0.00"),
        ("1.00", 0, "1"),
        ("0.5", 0, "1"),
        ("1.23455", 4, "1.2346"),
        ("999999999999999.99", 2, "999999999999999.99"),
        ("999999999999999999.994999", 2, "999999999999999999.99"),
    ],
)
def test_what_a_peer_holds_is_rounded_half_up_and_a_half_away_from_zero(
    given_value: str, digits: int, made: str
) -> None:
    found = round_amount(read_number(Decimal(given_value)), digits)
    assert (str(found), digits_of(found)) == (made, digits)


@pytest.mark.parametrize(
    "value",
    [
        115.0,
        True,
        None,
        "a lot",
        "",
        Decimal("NaN"),
        Decimal("-Infinity"),
        Decimal("1E+18"),
        Decimal("1E+999999"),
        10**18,
    ],
    ids=repr,
)
def test_what_is_no_amount_of_a_peer_is_refused(value: object) -> None:
    with pytest.raises(AmountError):
        read_number(value)


@pytest.mark.parametrize(
    ("given_value", "read"),
    [
        ("115.00", "115.00"),
        (Decimal("1E-17"), "1E-17"),
        # What a sum of floats leaves in place of zero, and what has a million digits as text.
        (Decimal("-1E-18"), "0"),
        (Decimal("1E-999999"), "0"),
        (Decimal("0E+30"), "0"),
    ],
    ids=repr,
)
def test_what_is_too_small_for_any_currency_is_zero(given_value: object, read: str) -> None:
    assert str(read_number(given_value)) == read


def test_a_callers_copy_of_a_total_is_rounded_as_the_total_is() -> None:
    assert read_rounded("34.116425", 2) == Decimal("34.12")
    with pytest.raises(AmountError):
        read_rounded("-5", 2)


@pytest.mark.parametrize(
    ("amount", "currency", "digits", "text"),
    [
        ("115", "ZAR", None, "115.00"),
        ("10.555", "IQD", None, "10.555"),
        ("10", "IQD", 0, "10"),
        ("0", "IQD", 0, "0"),
        ("99.50", "JPY", None, "99.50"),  # more digits than the currency has are shown, never cut
        ("-1", "ZAR", None, "-1.00"),
        ("1E+2", "ZAR", None, "100.00"),
    ],
)
def test_an_amount_is_written_with_all_its_digits(amount: str, currency: str, digits: int | None, text: str) -> None:
    assert to_text(Decimal(amount), currency, digits) == text


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
    amount = Decimal(units).scaleb(-iso_digits(currency))
    assert read_amount(to_text(amount, currency), currency) == amount == round_amount(amount, iso_digits(currency))


@pytest.mark.parametrize("text", SHARED["refused_by_api"], ids=ascii)
def test_the_api_takes_ascii_digits_and_a_point_and_nothing_else(text: str) -> None:
    for read in (lambda: read_amount(text, "ZAR"), lambda: read_rounded(text, 2), lambda: read_signed(text)):
        with pytest.raises(AmountError, match="digits and a point"):
            read()


@pytest.mark.parametrize(
    ("typed", "currency", "maximum", "sent"),
    [(typed, *row) for typed, _, *row in SHARED["read"] if not row[-1].startswith("amount_")],
    ids=ascii,
)
def test_what_the_page_reads_of_what_people_type_is_what_the_api_takes(
    typed: str, currency: str, maximum: str, sent: str
) -> None:
    assert to_text(read_amount(sent, currency), currency) == sent
    assert Decimal(sent) <= Decimal(maximum)


@pytest.mark.parametrize(
    ("given_value", "read"),
    [("-1.5", "-1.5"), (Decimal("-1E+2"), "-100"), (-3, "-3"), (0, "0"), ("-0", "-0"), ("9" * 18, "9" * 18)],
)
def test_a_callers_amount_may_have_a_sign_where_a_line_of_an_order_has_one(given_value: object, read: str) -> None:
    assert str(read_signed(given_value)) == read


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1e999999"),
        Decimal("1e-999999"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        10**5000,
        "--1",
        1.5,
        True,
        None,
    ],
    ids=lambda one: str(type(one)),
)
def test_a_number_that_is_none_or_that_nothing_could_write_out_is_refused(value: object) -> None:
    with pytest.raises(AmountError):
        read_signed(value)


@pytest.mark.parametrize(
    "told",
    ["1_000", "\u0661\u0662", "\uff11", "0x10", "1e", "e5", "1e9999999999", ".", "", "1 0", 1.5, True, [1]],
    ids=lambda one: ascii(one),
)
def test_a_peers_amount_has_ascii_digits_and_is_no_float_too(told: object) -> None:
    with pytest.raises(AmountError):
        read_number(told)
    with pytest.raises(ValidationError):
        PeerAmount().deserialize(told)
