"""Tell two numbers of one country in one text from a number abroad: written as one they may be a stranger's."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from foundation.phones.text import PlainText

_GAP = re.compile(r"[^0-9]+")
_GROUP = re.compile(r"[0-9]+")
# The usual forms of a number, with how many groups stand before the national ones: in the second, the country's code.
_USUAL = ((PhoneNumberFormat.NATIONAL, 0), (PhoneNumberFormat.INTERNATIONAL, 1))
# Countries with a trunk prefix that people leave out, between neighbours or altogether, and with numbers so short that two of
# them may be one abroad: Bulgaria, Guernsey, the Isle of Man, Jersey, Saint Pierre and Miquelon, Somalia.
_WITHOUT_TRUNK = frozenset({"BG", "GG", "IM", "JE", "PM", "SO"})
_FEWEST_BESIDE_SLASH = 6  # fewer digits are an area, as in 0171/1234567


def are_two_numbers(plain: PlainText, home: str) -> bool:
    """Return whether a text that is no number of ``home`` (ISO 3166) as a whole can be split in two that are."""
    if plain.has_plus or plain.digits.startswith("00"):
        return False
    trunk = phonenumbers.ndd_prefix_for_region(home, True) or ""
    return any(
        _are_two(home, trunk, gap[0], plain.text[: gap.start()], plain.text[gap.end() :])
        for gap in _GAP.finditer(plain.text)
    )


def parsed(text: str, region: str | None) -> Iterator[PhoneNumber]:
    """Yield the number that the library reads in a text, valid or not; nothing where it reads none."""
    try:
        yield phonenumbers.parse(text, region, keep_raw_input=True)
    except NumberParseException:
        return


def _are_two(home: str, trunk: str, gap: str, first: str, second: str) -> bool:
    """Return whether the texts before and behind a gap are meant as two numbers of ``home``."""
    both = (first, second)
    if not all(_numbers_in(home, text) for text in both):
        return False
    digits = ["".join(_GROUP.findall(text)) for text in both]
    # Where a trunk prefix is dialled, most people write it: only in some countries do two without it count as two.
    if all(text.startswith(trunk) for text in digits) or ("/" in gap and min(map(len, digits)) >= _FEWEST_BESIDE_SLASH):
        return True
    return home in _WITHOUT_TRUNK and all(_is_written_whole(home, text) for text in both)


def _numbers_in(home: str, text: str) -> list[PhoneNumber]:
    """Return the valid numbers of ``home`` that a text can be read as."""
    code = phonenumbers.country_code_for_region(home)
    return [one for one in parsed(text, home) if one.country_code == code and phonenumbers.is_valid_number(one)]


def _is_written_whole(home: str, text: str) -> bool:
    """Return whether a number of ``home`` is written without a gap, or in the groups that are usual there."""
    given = _GROUP.findall(text)
    usual = [
        _GROUP.findall(phonenumbers.format_number(number, form))[before:]
        for number in _numbers_in(home, text)
        for form, before in _USUAL
    ]
    return len(given) == 1 or given in usual
