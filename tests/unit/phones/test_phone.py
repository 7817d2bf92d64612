"""Phone numbers: kept as digits, never printed whole."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest

from foundation.phones.phone import Phone, country_of, is_possible, is_region

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


@pytest.mark.parametrize("calling_code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_the_country_of_a_number_is_what_its_metadata_say(calling_code: int) -> None:
    """Also where it is told from the calling code alone."""
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[calling_code]:
        example = phonenumbers.example_number(region)
        rest = str(example.national_number) if example else "5550123456"
        for digits in (f"{calling_code}{rest}", f"{calling_code}0000000", f"{calling_code}99999999"):
            found = phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits}"))
            assert country_of(digits) == (found if found is not None and is_region(found) else None), digits


@pytest.mark.parametrize("text", ["", "0", "0831234567", "27", "27831234567890123456", "+27831234567", "27a"])
def test_what_is_no_international_number_has_no_country_of_its_own_making(text: str) -> None:
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(f"+{text}"))
    except phonenumbers.NumberParseException:
        found = None
    assert country_of(text) == found


@pytest.mark.parametrize("calling_code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_a_number_is_possible_where_the_library_says_so_of_its_text(calling_code: int) -> None:
    """Also with zeros at its beginning, and shorter or longer than any number of its country."""
    for rest in (f"{first}{'2' * length}" for first in ("", "0", "00", "1", "8") for length in range(14)):
        digits = f"{calling_code}{rest}"
        try:
            possible = phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}"))
        except phonenumbers.NumberParseException:
            possible = False
        assert is_possible(digits) is possible, digits
