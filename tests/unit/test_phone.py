"""Phone numbers: kept as digits, never printed whole."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.phones.phone import Phone, is_region

DIGITS = "27831234567"


@pytest.mark.parametrize(
    ("code", "is_one"), [("ZA", True), ("XK", True), ("ZZ", False), ("za", False), ("001", False), ("", False)]
)
def test_a_region_is_a_country_that_has_numbers(code: str, is_one: bool) -> None:
    assert is_region(code) is is_one


@pytest.mark.parametrize(
    "shown", [str, repr, "{}".format, "%s".__mod__, lambda phone: repr([phone]), lambda phone: f"{phone!r:>40}"]
)
def test_a_number_in_print_shows_its_ending_only(shown: Any) -> None:
    text = shown(Phone(DIGITS))
    assert "4567" in text
    assert "27831" not in text
    assert DIGITS not in text


def test_a_sealed_number_is_opened_when_somebody_looks_and_once_only() -> None:
    opened: list[str] = []

    def unseal() -> str:
        opened.append("opened")
        return DIGITS

    phone = Phone(unseal)
    assert opened == []
    assert (phone.ending, phone.digits, phone == Phone(DIGITS), hash(phone) == hash(Phone(DIGITS))) == (
        "4567",
        DIGITS,
        True,
        True,
    )
    assert opened == ["opened"]
