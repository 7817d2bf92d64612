"""Knows phone numbers in international form, digits only; refuses to guess a country or to print a whole number."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import phonenumbers


class PhoneError(ValueError):
    """A number cannot be used; the text says what to mend and does not repeat the number."""


class Phone:
    """A possible mobile number such as ``27831234567``. Its text form hides all but the ending.

    ``digits`` may be a function that unseals them: most work on a request never looks at its number.
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
    """Say whether ``text`` is the ISO 3166 code of a country that has phone numbers."""
    import phonenumbers

    return text in phonenumbers.SUPPORTED_REGIONS


def read_phone(text: str, *, region: str | None) -> Phone:
    """Read a number as people write it; ``region`` (ISO 3166) serves numbers without a country code.

    Raises:
        PhoneError: not a possible number.
    """
    import phonenumbers  # late: callbacks and pushes never read a number

    candidate = text.strip()
    if not candidate:
        raise PhoneError("Enter the customer's mobile number.")
    numbers = [number for form in _forms(candidate) if (number := _parse(form, region)) is not None]
    # Valid beats merely possible: numbering plans grow, so a possible number that the tables do not know yet may pass.
    numbers.sort(key=phonenumbers.is_valid_number, reverse=True)
    if not numbers:
        raise PhoneError("This cannot be a phone number. Use the international form, for example +27 83 123 4567.")
    return Phone(f"{numbers[0].country_code}{phonenumbers.national_significant_number(numbers[0])}")


def _parse(form: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    import phonenumbers

    try:
        number = phonenumbers.parse(form, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _forms(candidate: str) -> list[str]:
    """Digits only may be international without a plus: the core writes numbers so."""
    if candidate.startswith(("+", "00", "(")):
        return [f"+{candidate[2:]}" if candidate.startswith("00") else candidate]
    if candidate.startswith("0"):
        return [candidate]
    return [f"+{candidate}", candidate]
