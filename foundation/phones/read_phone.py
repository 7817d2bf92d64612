"""Read a phone text in the order's country: as one number, several to choose from, or a refusal with its reason.

Nothing is guessed: the order's country decides, and where it is unknown a person does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import CountryCodeSource, PhoneNumber, PhoneNumberType, ValidationResult

from foundation.phones.phone import Phone
from foundation.phones.text import PlainText, Unread, plain_text
from foundation.phones.two_numbers import are_two_numbers, parsed

_MOBILES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# Customers have no such numbers, and messages to some of them are expensive.
_NO_CUSTOMERS = frozenset({
    PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
})  # fmt: skip
# A trunk zero behind the country's code, as in +44 (0) 20: not dialled from abroad.
_OPTIONAL_ZERO = re.compile(r"(?<=[0-9])[^0-9]*[(\[] ?0 ?[)\]]")
_NO_COUNTRY = "001"  # phonenumbers' code for numbers of no country: satellites, +870 to +888, +979


class LineKind(StrEnum):
    """The kind of line, as far as the digits show."""

    MOBILE = "mobile"
    FIXED_LINE = "fixed_line"
    OTHER = "other"
    # In no range that is in use.
    UNKNOWN = "unknown"


class PhoneRefusal(StrEnum):
    """Why a text cannot be a customer's number."""

    MISSING = Unread.MISSING.value
    UNREADABLE = Unread.UNREADABLE.value
    IMPOSSIBLE = "impossible"
    # Long enough, and in no range that is known to be in use: a person may confirm it, see ``confirmed``.
    UNKNOWN_RANGE = "unknown_range"
    NO_CUSTOMERS = "no_customers"
    NO_COUNTRY = "no_country"


@dataclass(frozen=True)
class Reading:
    """One possible number of a text. ``country`` (ISO 3166) is None where several share the calling code."""

    phone: Phone
    country: str | None
    kind: LineKind

    @property
    def number(self) -> str:
        """The number in international form."""
        return f"+{self.phone.digits}"

    @property
    def grouped(self) -> str:
        """The number with its plus, in groups for reading aloud."""
        number = phonenumbers.parse(self.number)
        if _digits(number) != self.phone.digits:
            return self.number
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))

    @property
    def calling_code(self) -> int:
        """The country's calling code, such as 27."""
        return phonenumbers.parse(self.number).country_code or 0

    @property
    def is_fixed_line(self) -> bool:
        """Whether a text message is likely not to arrive."""
        return self.kind is LineKind.FIXED_LINE


@dataclass(frozen=True)
class Read:
    """The text means this number."""

    reading: Reading


@dataclass(frozen=True)
class Ambiguous:
    """The text may mean each of these, and a person decides: mostly two; one, where the national reading is a service number."""

    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Refused:
    """The text cannot be used; with ``UNKNOWN_RANGE`` ``reading`` is what a person may confirm."""

    reason: PhoneRefusal
    reading: Reading | None = None


PhoneRead = Read | Ambiguous | Refused


def read_phone(text: str, *, country: str | None, region: str | None, confirmed: bool = False) -> PhoneRead:
    """Read a number as people write it.

    ``country`` is the order's own where it is known, ``region`` the tenant's (both ISO 3166): numbers without a country code
    are read in the first that there is. ``confirmed``: a person says that a number with a plus is right although no network
    is known to use its range.
    """
    plain = plain_text(text)
    if isinstance(plain, Unread):
        return Refused(PhoneRefusal(plain.value))
    home = country or region
    numbers = _distinct(map(_rewritten, _candidates(plain, home)))
    valid = [number for number in numbers if phonenumbers.is_valid_number(number)]
    if not valid:
        return _not_valid(numbers, plain, confirmed=confirmed)
    home_code = phonenumbers.country_code_for_region(home) if home else 0
    if home and all(one.country_code != home_code for one in valid) and are_two_numbers(plain, home):
        return Refused(PhoneRefusal.UNREADABLE)
    return _chosen(valid, home_code, country_known=country is not None)


def reading_of(phone: Phone) -> Reading:
    """Return the reading of a number that was parsed before."""
    return _reading(phonenumbers.parse(f"+{phone.digits}"), phone)


def _candidates(plain: PlainText, home: str | None) -> Iterator[PhoneNumber]:
    """Yield the possible numbers of a text: international by its prefix; else national, and international without its plus."""
    if plain.has_plus:
        yield from _international(plain.text)
        return
    at_home = list(parsed(plain.text, home)) if home else []
    if not plain.digits.startswith("00"):
        yield from at_home
        yield from _international(plain.text)
        return
    # In countries that dial out with 0011 or 001, that is a different reading from 00 followed by 11 or 1.
    dialled = [one for one in at_home if one.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD]
    yield from dialled
    # No country has the code 11, and in North America, code 1, nothing begins with 1.
    if not (dialled and plain.digits.startswith("0011")):
        yield from _international(re.sub(r"^\D*0\D*0\D*", "", plain.text))


def _international(text: str) -> Iterator[PhoneNumber]:
    """Yield the readings of a number that begins with its country's code: a 0 in brackets is dialled at home only, or always."""
    yield from parsed(f"+{text}", None)
    # Where no 0 is dialled at home, many write it all the same; in Italy it is part of a landline's number.
    if (without := _OPTIONAL_ZERO.sub("", text, count=1)) != text:
        yield from parsed(f"+{without}", None)


def _distinct(numbers: Iterable[PhoneNumber]) -> list[PhoneNumber]:
    """Return each number once."""
    return list({_digits(number): number for number in numbers}.values())


def _rewritten(number: PhoneNumber) -> PhoneNumber:
    """Return the number in its country's present plan; the old forms of three countries are still common."""
    national = phonenumbers.national_significant_number(number)
    rewrite = _REWRITES.get(number.country_code or 0)
    is_abroad = number.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY
    today = rewrite(national, is_abroad) if rewrite else national
    return number if today == national else phonenumbers.parse(f"+{number.country_code}{today}")


def _mexican(national: str, is_abroad: bool) -> str:
    """Reduce a Mexican number to ten digits: 1 after 52, 044 or 045 before a mobile and 01 before the rest ended in 2019."""
    prefixes = "04[45]|01|1" if is_abroad else "04[45]|01"
    return re.sub(rf"^(?:{prefixes})(\d{{10}})$", r"\1", national)


def _brazilian(national: str, _is_abroad: bool) -> str:
    """Give a Brazilian mobile of eight digits the ninth that all have had since 2016."""
    return re.sub(r"^(\d\d)([6-9]\d{7})$", r"\g<1>9\2", national)


def _argentine(national: str, _is_abroad: bool) -> str:
    """Rewrite an Argentine mobile: 15 after the area or 9 before it marks one; phonenumbers cannot read both at once."""
    if len(national) != 13 or not national.startswith("9"):
        return national
    return phonenumbers.national_significant_number(phonenumbers.parse(national[1:], "AR"))


# What is typed with old prefixes is read as the present number; ``PLAN_CHANGES`` is about comparing two stored spellings.
_REWRITES = {52: _mexican, 54: _argentine, 55: _brazilian}


def _not_valid(numbers: Sequence[PhoneNumber], plain: PlainText, *, confirmed: bool) -> PhoneRead:
    possible = [
        number
        for number in numbers
        if phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        and _barrier(number) is None
    ]
    if not possible:
        return Refused(PhoneRefusal.IMPOSSIBLE)
    # Digit by digit as typed: in no plan is a 0 in it a trunk prefix.
    as_typed = Phone(plain.digits) if plain.has_plus and not _OPTIONAL_ZERO.search(plain.text) else None
    reading = _reading(possible[0], as_typed)
    if plain.has_plus and confirmed:
        return Read(reading)
    return Refused(PhoneRefusal.UNKNOWN_RANGE, reading)


def _chosen(valid: Sequence[PhoneNumber], home_code: int, *, country_known: bool) -> PhoneRead:
    barred = [number for number in valid if _barrier(number) is not None]
    usable = [number for number in valid if number not in barred]
    at_home = [number for number in usable if number.country_code == home_code]
    # A service number at home is no reason to write to somebody abroad without asking.
    barred_at_home = not at_home and any(number.country_code == home_code for number in barred)
    if not usable or (barred_at_home and country_known):
        return Refused(_barrier(barred[0]) or PhoneRefusal.NO_CUSTOMERS)
    left = _mobiles_first(at_home if country_known and at_home else usable)
    if len(left) == 1 and not barred_at_home:
        return Read(_reading(left[0]))
    return Ambiguous(tuple(map(_reading, left)))


def _mobiles_first(numbers: Sequence[PhoneNumber]) -> list[PhoneNumber]:
    """Return the numbers, of each country only its mobile where it has exactly one; between two a person decides."""
    left = []
    for code in dict.fromkeys(number.country_code for number in numbers):
        of_country = [number for number in numbers if number.country_code == code]
        mobiles = [number for number in of_country if _kind(number) is LineKind.MOBILE]
        left += mobiles if len(mobiles) == 1 else of_country
    return left


def _barrier(number: PhoneNumber) -> PhoneRefusal | None:
    if phonenumbers.region_code_for_country_code(number.country_code or 0) == _NO_COUNTRY:
        return PhoneRefusal.NO_COUNTRY
    return PhoneRefusal.NO_CUSTOMERS if phonenumbers.number_type(number) in _NO_CUSTOMERS else None


def _reading(number: PhoneNumber, phone: Phone | None = None) -> Reading:
    return Reading(phone or Phone(_digits(number)), _country(number), _kind(number))


def _digits(number: PhoneNumber) -> str:
    """Return the digits of a number in international form."""
    # Not phonenumbers' E.164 form, which for a number of zeros alone returns the text as it was typed.
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def _kind(number: PhoneNumber) -> LineKind:
    kind = phonenumbers.number_type(number)
    if kind in _MOBILES:
        return LineKind.MOBILE
    if kind == PhoneNumberType.UNKNOWN:
        return LineKind.UNKNOWN
    return LineKind.FIXED_LINE if kind == PhoneNumberType.FIXED_LINE else LineKind.OTHER


def _country(number: PhoneNumber) -> str | None:
    """Return the country of a number: of those that share its calling code the one of its range, None where none has that."""
    found: str | None = phonenumbers.region_code_for_number(number)
    return found
