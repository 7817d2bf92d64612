"""What a text can be read as, in the order's own country: one number, several to choose from, or none, with the reason.

Nothing is guessed: between two countries the order's own decides, and where it is not known a person does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from foundation.phones.phone import Phone
from foundation.phones.text import PlainText, Unread, plain_text

_MOBILES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
# A customer's phone is none of these, and some of them cost whoever writes to them.
_NO_CUSTOMERS = frozenset({
    PhoneNumberType.PREMIUM_RATE, PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
})  # fmt: skip
_NO_COUNTRY = "001"  # how phonenumbers calls what belongs to none: satellites, +870 to +888, +979


class Kind(StrEnum):
    """What kind of line a number is, as far as its digits tell."""

    MOBILE = "mobile"
    FIXED_LINE = "fixed_line"
    OTHER = "other"
    # In no range that is in use.
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why a text cannot be used as a customer's number."""

    MISSING = Unread.MISSING.value
    UNREADABLE = Unread.UNREADABLE.value
    IMPOSSIBLE = "impossible"
    # Long enough, and in no range that is in use: it takes a person's word, see ``confirmed``.
    UNKNOWN_RANGE = "unknown_range"
    NO_CUSTOMERS = "no_customers"
    NO_COUNTRY = "no_country"


@dataclass(frozen=True)
class Reading:
    """A number that a text can be read as. ``country`` (ISO 3166) is None where several share the calling code."""

    phone: Phone
    country: str | None
    kind: Kind

    @property
    def number(self) -> str:
        """The number in the form that means the same everywhere."""
        return f"+{self.phone.digits}"

    @property
    def grouped(self) -> str:
        """The number in groups that can be read aloud, with its plus."""
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
        """Say whether a text message may well not arrive there."""
        return self.kind is Kind.FIXED_LINE


@dataclass(frozen=True)
class Read:
    """The text means this number."""

    reading: Reading


@dataclass(frozen=True)
class Ambiguous:
    """The text means one of these, and only a person knows which: mostly two; one, where at home it is a service number."""

    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Refused:
    """The text cannot be used; with ``UNKNOWN_RANGE`` ``reading`` is what a person may confirm."""

    reason: Refusal
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
        return Refused(Refusal(plain.value))
    home = country or region
    numbers = _distinct(map(_rewritten, _candidates(plain, home)))
    valid = [number for number in numbers if phonenumbers.is_valid_number(number)]
    if not valid:
        return _not_valid(numbers, plain, confirmed=confirmed)
    home_code = phonenumbers.country_code_for_region(home) if home else 0
    return _chosen(valid, home_code, country_known=country is not None)


def reading_of(phone: Phone) -> Reading:
    """Return what the tables say of a number that was read before."""
    return _reading(phonenumbers.parse(f"+{phone.digits}"), phone)


def _candidates(plain: PlainText, home: str | None) -> Iterator[PhoneNumber]:
    """Yield what a text may be: international, by what it begins with; else national at home, and as if its plus were gone."""
    if plain.has_plus:
        yield from _parsed(f"+{plain.text}", None)
        return
    at_home = list(_parsed(plain.text, home)) if home else []
    if not plain.digits.startswith("00"):
        yield from at_home
        yield from _parsed(f"+{plain.text}", None)
        return
    # Where a country dials out with 0011 or 001, that is another reading than 00 and then 11 or 1.
    yield from (one for one in at_home if one.country_code_source == CountryCodeSource.FROM_NUMBER_WITH_IDD)
    yield from _parsed(f"+{plain.digits[2:]}", None)


def _parsed(text: str, region: str | None) -> Iterator[PhoneNumber]:
    try:
        yield phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return


def _distinct(numbers: Iterable[PhoneNumber]) -> list[PhoneNumber]:
    """Return each number once, however many ways lead to it."""
    return list({_digits(number): number for number in numbers}.values())


def _rewritten(number: PhoneNumber) -> PhoneNumber:
    """Return the number as its country's plan has it today; only three countries' old forms are still written everywhere."""
    national = phonenumbers.national_significant_number(number)
    rewrite = _REWRITES.get(number.country_code or 0)
    is_abroad = number.country_code_source != CountryCodeSource.FROM_DEFAULT_COUNTRY
    today = rewrite(national, is_abroad) if rewrite else national
    return number if today == national else phonenumbers.parse(f"+{number.country_code}{today}")


def _mexican(national: str, is_abroad: bool) -> str:
    """Ten digits are all there is: 1 after 52 and 044 or 045 before a mobile went in 2019, 01 before the rest."""
    prefixes = "04[45]|01|1" if is_abroad else "04[45]|01"
    return re.sub(rf"^(?:{prefixes})(\d{{10}})$", r"\1", national)


def _brazilian(national: str, is_abroad: bool) -> str:
    """A mobile of eight digits gets the ninth that all of them have had since 2016."""
    return re.sub(r"^(\d\d)([6-9]\d{7})$", r"\g<1>9\2", national)


def _argentine(national: str, is_abroad: bool) -> str:
    """15 behind the area says mobile at home, as 9 before it does from abroad: phonenumbers knows it, but not both at once."""
    if len(national) != 13 or not national.startswith("9"):
        return national
    return phonenumbers.national_significant_number(phonenumbers.parse(national[1:], "AR"))


_REWRITES = {52: _mexican, 54: _argentine, 55: _brazilian}


def _not_valid(numbers: Sequence[PhoneNumber], plain: PlainText, *, confirmed: bool) -> PhoneRead:
    possible = [
        number
        for number in numbers
        if phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
        and _barrier(number) is None
    ]
    if not possible:
        return Refused(Refusal.IMPOSSIBLE)
    # Digit by digit as it was typed: no plan says that a 0 in it is a trunk's.
    as_typed = Phone(plain.digits) if plain.has_plus and "(0)" not in plain.text else None
    reading = _reading(possible[0], as_typed)
    if plain.has_plus and confirmed:
        return Read(reading)
    return Refused(Refusal.UNKNOWN_RANGE, reading)


def _chosen(valid: Sequence[PhoneNumber], home_code: int, *, country_known: bool) -> PhoneRead:
    barred = [number for number in valid if _barrier(number) is not None]
    usable = [number for number in valid if number not in barred]
    at_home = [number for number in usable if number.country_code == home_code]
    # A service number at home is no reason to write to somebody abroad without asking.
    barred_at_home = not at_home and any(number.country_code == home_code for number in barred)
    if not usable or (barred_at_home and country_known):
        return Refused(_barrier(barred[0]) or Refusal.NO_CUSTOMERS)
    left = _mobiles_first(at_home if country_known and at_home else usable)
    if len(left) == 1 and not barred_at_home:
        return Read(_reading(left[0]))
    return Ambiguous(tuple(map(_reading, left)))


def _mobiles_first(numbers: Sequence[PhoneNumber]) -> list[PhoneNumber]:
    """Of several numbers in one country the only mobile is meant; between two mobiles a person decides."""
    left = []
    for code in dict.fromkeys(number.country_code for number in numbers):
        of_country = [number for number in numbers if number.country_code == code]
        mobiles = [number for number in of_country if _kind(number) is Kind.MOBILE]
        left += mobiles if len(mobiles) == 1 else of_country
    return left


def _barrier(number: PhoneNumber) -> Refusal | None:
    if phonenumbers.region_code_for_country_code(number.country_code or 0) == _NO_COUNTRY:
        return Refusal.NO_COUNTRY
    return Refusal.NO_CUSTOMERS if phonenumbers.number_type(number) in _NO_CUSTOMERS else None


def _reading(number: PhoneNumber, phone: Phone | None = None) -> Reading:
    return Reading(phone or Phone(_digits(number)), _country(number), _kind(number))


def _digits(number: PhoneNumber) -> str:
    """Not phonenumbers' E.164 form: of a number of zeros alone that gives the text as it was typed."""
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def _kind(number: PhoneNumber) -> Kind:
    kind = phonenumbers.number_type(number)
    if kind in _MOBILES:
        return Kind.MOBILE
    if kind == PhoneNumberType.UNKNOWN:
        return Kind.UNKNOWN
    return Kind.FIXED_LINE if kind == PhoneNumberType.FIXED_LINE else Kind.OTHER


def _country(number: PhoneNumber) -> str | None:
    """Where no range tells, the calling code does, unless several countries share it."""
    found: str | None = phonenumbers.region_code_for_number(number)
    if found is not None:
        return found
    sharing = phonenumbers.region_codes_for_country_code(number.country_code or 0)
    return sharing[0] if len(sharing) == 1 else None
