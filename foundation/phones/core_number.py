"""Parse the payment core's numbers: international, digits only; the rules for people's spellings do not apply."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, ValidationResult

from foundation.phones.phone import Phone, PhoneError
from foundation.phones.spellings import canonical
from foundation.phones.text import PlainText, plain_text


def read_core_number(text: str, *, region: str | None) -> Phone:
    """Read a number of the core; one that is no international number is read as a national one of ``region`` (ISO 3166).

    A valid number beats one that is merely long enough, which is accepted, too: links are sent to new ranges.

    Raises:
        PhoneError: it is no number; the text does not repeat it.
    """
    plain = plain_text(text)
    if not isinstance(plain, PlainText):
        raise PhoneError("not a number")
    abroad = canonical(plain.digits if plain.has_plus else plain.digits.removeprefix("00"))
    international = _parsed(f"+{abroad}", None)
    national = None if plain.has_plus else _parsed(plain.text, region)
    valid = next((one for one in (international, national) if one and phonenumbers.is_valid_number(one)), None)
    if valid is not None:
        return Phone(_digits(valid))
    if international is not None and _is_possible(international):
        return Phone(abroad)  # digit by digit as it is written, which is how a send wrote it
    if national is not None and _is_possible(national):
        return Phone(_digits(national))
    raise PhoneError("not a number")


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _digits(number: PhoneNumber) -> str:
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"


def _is_possible(number: PhoneNumber) -> bool:
    return bool(phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE)
