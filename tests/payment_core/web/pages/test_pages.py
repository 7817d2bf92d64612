"""The pages' style sheet holds for languages of both directions, and their amounts for every currency."""

from __future__ import annotations

import re
from decimal import Decimal
from importlib.resources import files

import pytest

from payment_core.web.checkout.localized_link import shown_amount


def test_no_rule_names_a_side_that_a_language_may_have_elsewhere() -> None:
    """A link that is kept out of sight on the left is a page of six feet's width in Arabic."""
    rules = files("payment_core").joinpath("web/static/pages.css").read_text("utf-8")
    assert re.findall(r"[^{};]*\b(?:left|right)\b[^{};]*", rules) == []


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        ("150.00", "ZAR", "en", "ZAR 150.00"),
        ("150", "JPY", "en", "\u00a5150"),
        ("1.250", "KWD", "en", "KWD 1.250"),
        # Babel's own table has no cents for these: it would round what is asked for.
        ("0.50", "PKR", "en", "PKR 0.50"),
        ("1234.50", "ALL", "en", "ALL 1,234.50"),
        ("1234567.89", "ZAR", "de", "1.234.567,89 ZAR"),
        ("150.00", "USD", "en-ZA", "US$150,00"),
        ("-1.00", "ZAR", "en", "-ZAR 1.00"),
        # Of a language that nobody knows, English.
        ("5.00", "ZAR", "no language", "ZAR 5.00"),
    ],
)
def test_an_amount_is_written_as_its_language_does_with_all_its_digits(
    amount: str, currency: str, language: str, shown: str
) -> None:
    assert shown_amount(Decimal(amount), currency, language).replace("\u00a0", " ") == shown
