"""Phone numbers: read as people write them, kept as digits, never printed whole."""

from __future__ import annotations

import pytest

from connector.domain.phone import Phone, PhoneError, read_phone

DIGITS = "27831234567"


@pytest.mark.parametrize(
    "raw",
    [
        "27831234567",
        "+27831234567",
        "+27 83 123 4567",
        "+27-83-123-4567",
        "0027 83 123 4567",
        "0831234567",
        "083 123 4567",
        "(083) 123-4567",
        "+27 (0) 83 123 4567",
        " +27831234567 ",
        "tel: 083 123 4567",
        "83 123 4567",
    ],
)
def test_every_usual_form_means_the_same_number(raw: str) -> None:
    assert read_phone(raw, region="ZA").digits == DIGITS


@pytest.mark.parametrize(
    ("raw", "region", "digits"),
    [
        ("07400 123456", "GB", "447400123456"),
        ("+44 7400 123456", "ZA", "447400123456"),
        ("0712 345678", "KE", "254712345678"),
        ("+1 (212) 555-0123", None, "12125550123"),
        ("27831234567", None, DIGITS),
    ],
)
def test_the_region_serves_numbers_without_a_country_code_and_no_others(
    raw: str, region: str | None, digits: str
) -> None:
    assert read_phone(raw, region=region).digits == digits


def test_a_national_number_without_a_region_is_refused_because_no_country_is_guessed() -> None:
    with pytest.raises(PhoneError):
        read_phone("0831234567", region=None)


@pytest.mark.parametrize(
    "raw", ["", "  ", "123", "+27 83", "call me", "+999 12 345 678", "+27 83 123 4567 8901 234", "0", "+"]
)
def test_what_cannot_be_a_number_is_refused(raw: str) -> None:
    with pytest.raises(PhoneError):
        read_phone(raw, region="ZA")


def test_the_refusal_says_what_to_mend_and_does_not_repeat_the_number() -> None:
    with pytest.raises(PhoneError) as refusal:
        read_phone("+27 99 99", region="ZA")
    assert "international form" in str(refusal.value)
    assert "99 99" not in str(refusal.value)


@pytest.mark.parametrize(
    "shown", [str, repr, "{}".format, "%s".__mod__, lambda phone: repr([phone]), lambda phone: f"{phone!r:>40}"]
)
def test_a_number_in_print_shows_its_ending_only(shown) -> None:  # type: ignore[no-untyped-def]
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
