"""Phone numbers in international form, digits only; their text form hides all but the ending."""

from __future__ import annotations

import re
from collections.abc import Callable

import phonenumbers

# E.164: at most fifteen digits, of which none begins with zero.
_INTERNATIONAL = re.compile(r"[1-9][0-9]{6,14}").fullmatch


class PhoneError(ValueError):
    """A text is no phone number; the error does not repeat it."""


class Phone:
    """A phone number, mobile or landline, such as ``27831234567``. Its text form hides all but the ending.

    ``digits`` may be a function that decrypts them: most work on a request never needs its number.
    """

    def __init__(self, digits: str | Callable[[], str]) -> None:
        self._digits = digits

    @property
    def digits(self) -> str:
        """The whole number, international form, digits only."""
        if not isinstance(self._digits, str):
            self._digits = self._digits()
        return self._digits

    @property
    def ending(self) -> str:
        """The last four digits: all that a log, a Salesforce field or a colleague may see."""
        return self.digits[-4:]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Phone) and other.digits == self.digits

    def __hash__(self) -> int:
        return hash(self.digits)

    def __str__(self) -> str:
        return f"…{self.ending}"

    def __repr__(self) -> str:
        return f"Phone(…{self.ending})"


def is_region(text: str) -> bool:
    """Return whether ``text`` is the ISO 3166 code of a country that has phone numbers."""
    return text in phonenumbers.SUPPORTED_REGIONS


def is_possible(digits: str) -> bool:
    """Return whether an international number has a country and a length that numbers of this country have."""
    if _has_usual_length(digits):
        return True
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _has_usual_length(digits: str) -> bool:
    """Return whether what follows the country's code is as long as its numbers are: then nothing else need be read."""
    for length in (1, 2, 3) if _INTERNATIONAL(digits) else ():
        code, rest = int(digits[:length]), digits[length:]
        # A zero at the beginning is part of some countries' numbers, which the library reads from the text alone.
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE and rest[:1] != "0":
            number = phonenumbers.PhoneNumber(country_code=code, national_number=int(rest or "0"))
            return phonenumbers.is_possible_number(number)
    return False


def country_of(digits: str) -> str | None:
    """Return the ISO 3166 code of an international number's country; None where it has none, or is no number."""
    # Most calling codes are one country's: then what follows need not be read. None is the beginning of another.
    for length in (1, 2, 3) if _INTERNATIONAL(digits) else ():
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length]))
        if regions is not None and len(regions) == 1:
            return regions[0] if is_region(regions[0]) else None
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return None
    return region if region is not None and is_region(region) else None
