"""A number is read as its writer meant it, or a person is asked; it is never read as somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.phones.core_number import read_core_number
from foundation.phones.phone import Phone
from foundation.phones.read_phone import (
    Ambiguous,
    LineKind,
    PhoneRead,
    PhoneRefusal,
    Read,
    Reading,
    Refused,
    read_phone,
    reading_of,
)


def told(read: PhoneRead) -> Any:
    """The number, the numbers to choose from, or the reason."""
    match read:
        case Read(reading):
            return (reading.number, "fixed_line") if reading.is_fixed_line else reading.number
        case Ambiguous(readings):
            return [reading.number for reading in readings]
        case Refused(reason):
            return reason.value


# The rows of issue 8: (text, the tenant's region, the order's country, what it means)
CASES = [
    ("687246447", "ZA", None, ["+27687246447", "+687246447"]),
    ("687246447", "ZA", "ZA", "+27687246447"),
    ("6047365000", "CA", "CA", "+16047365000"),
    ("604-736-5000", "CA", "CA", "+16047365000"),
    ("51987654321", "BR", "BR", "+5551987654321"),
    ("6591234567", "IN", "IN", ("+916591234567", "fixed_line")),
    ("15612345678", "CN", "CN", "+8615612345678"),
    ("461166255", "BE", "BE", "+32461166255"),
    ("2127365000", "US", "US", "+12127365000"),
    ("+1 212 736 5000", "ZA", None, "+12127365000"),
    ("0712 345678", "ZA", "KE", "+254712345678"),
    ("06 12 34 56 78", "ZA", "FR", "+33612345678"),
    ("0412 345 678", "ZA", "AU", "+61412345678"),
    ("+52 1 55 1234 5678", "ZA", None, "+525512345678"),
    ("5215512345678", "MX", "MX", "+525512345678"),
    ("736-5000", "US", "US", "impossible"),
    ("1234567890", "US", "US", "unknown_range"),
    ("+27 12345 67", "ZA", None, "unknown_range"),
    ("+27 00 000 0000", "ZA", None, "unknown_range"),
    ("+55 11 8765-4321", "BR", None, "+5511987654321"),
    ("021 123 4567", "ZA", "ZA", ("+27211234567", "fixed_line")),
    ("0800 123 456", "ZA", "ZA", "no_customers"),
    ("0862 123 4567", "ZA", "ZA", "unknown_range"),
    ("+1 900 555 0199", "ZA", None, "no_customers"),
    ("+870 773 123 456", "ZA", None, "no_country"),
    ("\u202a+27 83 555 0111\u202c", "ZA", None, "+27835550111"),
]
WRITTEN = [
    # South Africans, as they write
    ("27831234567", "ZA", None, "+27831234567"),
    ("+27831234567", "ZA", None, "+27831234567"),
    ("+27-83-123-4567", "ZA", None, "+27831234567"),
    ("0027 83 123 4567", "ZA", None, "+27831234567"),
    ("0831234567", "ZA", None, "+27831234567"),
    ("(083) 123-4567", "ZA", None, "+27831234567"),
    ("+27 (0) 83 123 4567", "ZA", None, "+27831234567"),
    ("27 083 123 4567", "ZA", None, "+27831234567"),
    ("(+27) 83 123 4567", "ZA", None, "+27831234567"),
    ("+(27) 83 123 4567", "ZA", None, "+27831234567"),
    ("++27 83 123 4567", "ZA", None, "+27831234567"),
    (" tel: 083 123 4567 ", "ZA", None, "+27831234567"),
    ("tel:+27831234567", None, None, "+27831234567"),
    ("83 123 4567", "ZA", None, "+27831234567"),
    ("083\u00a0123\u20114567", "ZA", None, "+27831234567"),
    ("083\u200b123\u2066 4567\ufeff", "ZA", None, "+27831234567"),
    ("０８３ １２３ ４５６７", "ZA", None, "+27831234567"),
    ("＋２７（８３）１２３−４５６７", "ZA", None, "+27831234567"),
    ("٠٨٣١٢٣٤٥٦٧", "ZA", None, "+27831234567"),
    ("083/123.4567", "ZA", None, "+27831234567"),
    # A 0 in brackets is left out, also where nobody dials one; a landline of Italy keeps it
    ("+39 (0) 347 123 4567", "ZA", None, "+393471234567"),
    ("0039 (0)347 1234567", "ZA", "IT", "+393471234567"),
    ("39 (0)347 1234567", "IT", None, "+393471234567"),
    ("+39 (0)6 1234 5678", "ZA", None, ("+390612345678", "fixed_line")),
    ("+34 (0)612 345 678", "ZA", None, "+34612345678"),
    ("+1 (0) 604 736 5000", "ZA", None, "+16047365000"),
    ("0045 [0] 32 12 34 56", "ZA", "DK", "+4532123456"),
    ("(+41)(0)78 123 45 67", "ZA", None, "+41781234567"),
    ("(00)27 (0)83 123 4567", "ZA", None, "+27831234567"),
    ("+225 07 01 23 45 67", "ZA", None, "+2250701234567"),
    # Trunk prefixes that are no 0, and none
    ("8 912 345-67-89", "ZA", "RU", "+79123456789"),
    ("06 20 123 4567", "ZA", "HU", "+36201234567"),
    ("1 604 736 5000", "ZA", "CA", "+16047365000"),
    ("612 345 678", "ZA", "ES", "+34612345678"),
    ("06 1234 5678", "ZA", "IT", ("+390612345678", "fixed_line")),
    ("+39 06 1234 5678", "ZA", None, ("+390612345678", "fixed_line")),
    ("0171/1234567", "ZA", "DE", "+491711234567"),
    ("090ー1234ー5678", "ZA", "JP", "+819012345678"),
    ("07624 123456", "ZA", "IM", "+447624123456"),
    # In pairs: each half would be a number there by itself, and the second could be Denmark's, too
    ("27 30 40 50", "ZA", "LU", ("+35227304050", "fixed_line")),
    ("45 32 45 32 45", "ZA", "LU", ("+3524532453245", "fixed_line")),
    # A country's own way to dial out
    ("0011 27 83 123 4567", "AU", None, "+27831234567"),
    ("0011 27 83 123 4567", "ZA", "AU", "+27831234567"),
    ("0011 27 83 123 4567", "ZA", None, "impossible"),
    ("0011 604 736 5000", None, None, "+16047365000"),  # behind North America's code the 1 that it dials at home
    ("011 27 83 123 4567", "ZA", "US", "+27831234567"),
    ("0011 354 611 1234", "AU", None, "+3546111234"),  # and not North America's 354, behind a second 1
    ("0011 248 2 510 123", "ZA", "AU", "+2482510123"),
    ("001 1 604 736 5000", "ZA", "SG", "+16047365000"),
    ("010 27 83 123 4567", "ZA", "JP", "+27831234567"),
    ("8 10 27 83 123 4567", "ZA", "RU", "+27831234567"),
    ("0021 27 83 123 4567", "ZA", "BR", "+27831234567"),
    ("0027 83 123 4567", "AU", None, "+27831234567"),
    # Old forms that are still written everywhere
    ("044 55 1234 5678", "ZA", "MX", "+525512345678"),
    ("045 55 1234 5678", "MX", None, "+525512345678"),
    ("01 55 1234 5678", "MX", None, "+525512345678"),
    ("+52 044 55 1234 5678", "ZA", None, "+525512345678"),
    ("0052 1 55 1234 5678", "ZA", None, "+525512345678"),
    ("5215512345678", "ZA", None, "+525512345678"),
    ("11 8765-4321", "ZA", "BR", "+5511987654321"),
    ("(11) 98765-4321", "ZA", "BR", "+5511987654321"),
    ("0 15 11 8765-4321", "ZA", "BR", "+5511987654321"),
    ("551187654321", "ZA", None, "+5511987654321"),
    ("(11) 3765-4321", "ZA", "BR", ("+551137654321", "fixed_line")),
    ("011 15 5234 5672", "ZA", "AR", "+5491152345672"),
    ("11 15 5234 5672", "ZA", "AR", "+5491152345672"),
    ("0351 15 234 5678", "AR", None, "+5493512345678"),
    ("+54 11 15 5234 5672", "ZA", None, "+5491152345672"),
    ("+54 9 11 15 5234 5672", "ZA", None, "+5491152345672"),
    ("+54 9 11 5234 5672", "ZA", None, "+5491152345672"),
    ("+54 1 11 15 5234 5672", "ZA", None, "impossible"),  # a digit too many, and no 9
    # No country is known: what is international is read, nothing is guessed
    ("27831234567", None, None, "+27831234567"),
    ("0831234567", None, None, "impossible"),
    # Two readings
    ("8 495 123-45-67", "RU", None, ["+74951234567", "+84951234567"]),
    ("8 495 123-45-67", "ZA", "RU", ("+74951234567", "fixed_line")),
    ("15123456789", "DE", None, ["+4915123456789", "+15123456789"]),
    ("15123456789", "ZA", "DE", "+4915123456789"),
    ("15612345678", "CN", None, ["+8615612345678", "+15612345678"]),
    ("51987654321", "BR", None, ["+5551987654321", "+51987654321"]),
    ("39 8945 1234", "ZA", "IT", "+393989451234"),  # and not the service number behind 39
    ("39 12345678", "IT", None, "+393912345678"),  # of two in one country the mobile, not a landline behind 39
    # Nobody's phone
    ("0860 123 456", "ZA", "ZA", "no_customers"),
    ("+44 909 879 0000", "ZA", None, "no_customers"),
    ("+44 7640 123456", "ZA", None, "no_customers"),  # a pager
    ("+1 800 356 9377", "ZA", None, "no_customers"),
    ("+800 1234 5678", "ZA", None, "no_country"),
    ("+808 1234 5678", "ZA", None, "no_country"),
    ("+878 10 1234567890", "ZA", None, "no_country"),
    ("+881 6 1234 5678", "ZA", None, "no_country"),
    ("+882 16 1234567", "ZA", None, "no_country"),
    ("+883 510 012345678", "ZA", None, "no_country"),
    ("+888 123 456 78901", "ZA", None, "no_country"),
    ("+979 1 2345 6789", "ZA", None, "no_country"),
    ("870773123456", "ZA", None, "no_country"),
    # Not a number, or more than one
    ("", "ZA", None, "missing"),
    (" \u202c ", "ZA", None, "missing"),
    ("n/a", "ZA", None, "unreadable"),
    ("083 123 4567 (wife)", "ZA", None, "unreadable"),
    ("083 123 4567 ext 12", "ZA", None, "unreadable"),
    ("083 123 4567 x12", "ZA", None, "unreadable"),
    ("083 123 4567#12", "ZA", None, "unreadable"),
    ("+1 800 FLOWERS", "ZA", None, "unreadable"),
    ("0831-CALL-ME", "ZA", None, "unreadable"),
    ("083 123 4567;ext=12", "ZA", None, "unreadable"),
    ("083 123 4567, 082 765 4321", "ZA", None, "unreadable"),
    ("083 123 4567 / 082 765 4321", "ZA", None, "impossible"),
    ("030 123456/78", "ZA", "DE", "unreadable"),
    # Two numbers at home, which together would be one of Egypt
    ("20.12.34 / 75.12.34", "ZA", "NC", "unreadable"),
    ("20 12 34 21 12 34", "FO", None, "unreadable"),
    ("20-123 771 5123", "ZA", "TO", "unreadable"),
    # Also where a trunk prefix is dialled that people leave out: Switzerland, Austria, Kenya, Egypt, China
    ("410511 430776", "ZA", "PM", "unreadable"),
    ("41 05 11 / 43 07 76", "PM", None, "unreadable"),
    ("41 05 11 43 07 76", "PM", None, "unreadable"),
    ("430166 055 16 84", "ZA", "PM", "unreadable"),
    ("43012023 2175836", "ZA", "BG", "unreadable"),
    ("43012023 02 175 836", "BG", None, "unreadable"),
    ("254121 885460", "ZA", "GG", "unreadable"),
    ("4 326864 7 1478181", "ZA", "SO", "unreadable"),
    ("496089763 / 12105234", "ZA", "BE", "unreadable"),
    ("8 61 170218 8 66 194040", "ZA", "TM", "unreadable"),
    # One number abroad, in its own groups, stays one
    ("41 51 143 07 76", "ZA", "PM", "+41511430776"),
    ("44 7912 412345", "ZA", "PM", "+447912412345"),
    ("43 12 0232175836", "ZA", "BG", ("+43120232175836", "fixed_line")),
    ("254 121 885460", "ZA", "GG", "+254121885460"),
    ("254121 885460", "ZA", "FI", "+254121885460"),
    ("49 171/1234567", "ZA", "FI", "+491711234567"),
    ("27+83 1234567", "ZA", None, "unreadable"),
    ("083 123 456⁷", "ZA", None, "unreadable"),
    ("083 123 4567 ①", "ZA", None, "unreadable"),
    ("+", "ZA", None, "unreadable"),
    ("0" * 61, "ZA", None, "unreadable"),
    ("123", "ZA", None, "impossible"),
    ("+999 12 345 678", "ZA", None, "impossible"),
    ("+27 83 123 4567 8901 234", "ZA", None, "impossible"),
    ("+0831234567", "ZA", None, "impossible"),
    ("15 5234 5672", "ZA", "AR", "unknown_range"),  # the area is missing
]


@pytest.mark.parametrize(("text", "region", "country", "means"), [*CASES, *WRITTEN])
def test_a_text_means_one_number_or_is_asked_about_or_refused(
    text: str, region: str | None, country: str | None, means: Any
) -> None:
    assert told(read_phone(text, country=country, region=region)) == means


def test_what_is_asked_names_both_countries_the_nearer_one_first() -> None:
    read = read_phone("687246447", country=None, region="ZA")
    assert isinstance(read, Ambiguous)
    assert [(one.country, one.kind) for one in read.readings] == [("ZA", LineKind.MOBILE), ("NC", LineKind.FIXED_LINE)]


def test_a_service_number_at_home_is_no_reason_to_write_to_somebody_abroad_unasked() -> None:
    """In India 1860 begins shared-cost numbers, and +1 860 is Connecticut."""
    assert told(read_phone("1860 500 2784", country=None, region="IN")) == ["+18605002784"]
    assert told(read_phone("1860 500 2784", country="IN", region="ZA")) == "no_customers"
    assert told(read_phone("+1 860 500 2784", country="IN", region="IN")) == "+18605002784"


def test_a_number_in_no_known_range_takes_a_plus_and_a_persons_word() -> None:
    plain = read_phone("+27 00 000 0000", country=None, region="ZA")
    assert isinstance(plain, Refused)
    assert plain.reason is PhoneRefusal.UNKNOWN_RANGE
    assert plain.reading is not None
    assert read_phone("+27 00 000 0000", country=None, region="ZA", confirmed=True) == Read(plain.reading)
    assert told(read_phone("0862 123 4567", country="ZA", region="ZA", confirmed=True)) == "unknown_range"
    assert told(read_phone("0027 86 2123 4567", country="ZA", region="ZA", confirmed=True)) == "unknown_range"
    assert told(read_phone("+27 86 2123 4567", country="ZA", region="ZA", confirmed=True)) == "+278621234567"
    assert told(read_phone("+27 (0)86 2123 4567", country="ZA", region="ZA", confirmed=True)) == "+278621234567"


def test_a_number_that_a_person_answers_for_is_kept_digit_by_digit() -> None:
    read = read_phone("+27 00 000 0000", country=None, region="ZA", confirmed=True)
    assert isinstance(read, Read)
    assert (read.reading.number, read.reading.grouped, read.reading.kind) == (
        "+27000000000",
        "+27000000000",
        LineKind.UNKNOWN,
    )
    assert read_core_number(read.reading.phone.digits, region="ZA") == read.reading.phone


def test_a_number_is_shown_in_the_groups_of_its_country() -> None:
    shown = {"+27831234567": "+27 83 123 4567", "+16047365000": "+1 604-736-5000", "+33612345678": "+33 6 12 34 56 78"}
    for text, groups in shown.items():
        read = read_phone(text, country=None, region=None)
        assert isinstance(read, Read)
        assert (read.reading.grouped, reading_of(read.reading.phone)) == (groups, read.reading)


@pytest.mark.parametrize(
    "text", ["+870 773 123 456", "+979 1 2345 6789", "+1 900 555 0199", "+1 800 356 9377", "736-5000"]
)
def test_no_word_opens_what_is_nobodys_phone(text: str) -> None:
    assert isinstance(read_phone(text, country="US", region="US", confirmed=True), Refused)


def test_what_is_refused_for_its_range_is_told_in_full_so_that_it_can_be_confirmed() -> None:
    read = read_phone("0862 123 4567", country=None, region="ZA")
    assert isinstance(read, Refused)
    assert read.reading is not None
    assert (read.reading.number, read.reading.country) == ("+278621234567", "ZA")


@pytest.mark.parametrize(
    ("digits", "country"),
    [
        ("16047365000", "CA"),
        ("12015550123", "US"),
        ("11234567890", None),
        ("447624123456", "IM"),
        ("27000000000", "ZA"),
    ],
)
def test_of_countries_that_share_a_calling_code_the_range_tells_which(digits: str, country: str | None) -> None:
    assert reading_of(Phone(digits)).country == country


def test_no_reading_prints_its_number() -> None:
    read = read_phone("083 123 4567", country=None, region="ZA")
    assert isinstance(read, Read)
    assert "27831" not in repr(read)
    assert read.reading == Reading(read.reading.phone, "ZA", LineKind.MOBILE)
