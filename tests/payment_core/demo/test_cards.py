"""The demo takes published test cards, and no other number."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from payment_core.demo.cards import OUTCOMES, passes_luhn, read_card_form

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def test_luhn_knows_a_good_number() -> None:
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")


@pytest.mark.parametrize("number", OUTCOMES)
def test_every_test_card_has_a_right_check_digit_and_leaves_only_its_ending(number: str) -> None:
    form = {"number": number, "expiry": "11/26", "cvc": "123", "name": "A Customer", "save": "1"}
    read = read_card_form(form, now=NOW)
    assert passes_luhn(number)
    assert read.typed is not None
    assert (read.typed.card.last4, read.typed.card.expires, read.saves) == (number[-4:], "2026-11", True)
    assert number not in repr(read)


def test_a_real_number_is_refused() -> None:
    read = read_card_form({"number": "5555555555554444", "expiry": "12/99", "cvc": "123", "name": "A"}, now=NOW)
    assert (read.typed, list(read.problems)) == (None, ["number"])
