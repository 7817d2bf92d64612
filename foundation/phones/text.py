"""Normalise what people write in a phone field: to ASCII digits and separators, or the reason why it is no number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

_LONGEST = 60
_URI = re.compile(r"\s*tel:", re.IGNORECASE)
# Brackets, dots and a slash separate groups of digits; a dash may be any of Unicode's, and Japan uses its long vowel mark.
_SEPARATORS = frozenset("().[]/")
_DASHES = frozenset("\u2212\u30fc")
# A slash precedes the rest of a number (0171/1234567); with fewer digits, a second extension (030 123456/78).
_FEWEST_BEHIND_SLASH = 5


class Unread(StrEnum):
    """Why a text is no number."""

    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class PlainText:
    """A text with nothing but digits and separators after its plus."""

    text: str
    has_plus: bool

    @property
    def digits(self) -> str:
        """The digits alone."""
        return re.sub(r"\D", "", self.text)


def plain_text(given: str) -> PlainText | Unread:
    """Normalise a text: digits of every script become ASCII, invisible marks are removed, letters and remarks are refused."""
    # The meaning of a remark, a second number or an extension could only be guessed.
    plain = "".join(map(_plain, _URI.sub("", given[:_LONGEST], count=1)))
    bare = plain.strip(" ()[]-./")
    if not bare:
        return Unread.MISSING if not plain.strip() else Unread.UNREADABLE
    rest = bare.lstrip("+").strip()
    tail = rest.rpartition("/")[2]
    few = "/" in rest and len(re.sub(r"\D", "", tail)) < _FEWEST_BEHIND_SLASH
    if len(given) > _LONGEST or few or not re.fullmatch(r"[0-9 ()\[\]./-]*[0-9][0-9 ()\[\]./-]*", rest):
        return Unread.UNREADABLE
    return PlainText(rest, has_plus=bare.startswith("+"))


def digits_in(text: str) -> str:
    """Return the digits in a text as ASCII, whatever script they are of."""
    return "".join(str(unicodedata.decimal(one)) for one in text if one.isdecimal())


def _plain(letter: str) -> str:
    """Return a character as it counts in a number; "?" for one that has no meaning there."""
    if letter.isascii() and (letter.isdigit() or letter in "+ -" or letter in _SEPARATORS):
        return letter
    category = unicodedata.category(letter)
    if category == "Cf":  # direction marks and the like: copied from a page, invisible
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(letter))
    if letter.isspace():
        return " "
    if category == "Pd" or letter in _DASHES:
        return "-"
    wide = unicodedata.normalize("NFKC", letter)
    return wide if wide == "+" or wide in _SEPARATORS else "?"
