"""Detect and remove payment card numbers in text."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

# What parts the digits of one number: white space, also over lines, dashes of any kind, and what nobody sees.
_APART = (
    r"[\s\u002d\u00ad\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]*+"
)
# Points, commas and strokes stand in amounts, places and dates, too: only in a card's own groups do they part its number.
_MARK = r"(?P<mark>\s?[.,/_\u00b7]\s?)"
_GROUPS = rf"\d{{4}}{_MARK}(?:\d{{4}}(?P=mark)\d{{4}}(?P=mark)\d{{1,7}}|\d{{6}}(?P=mark)\d{{4,5}})"
_RUN = re.compile(rf"(?<!\d)(?:\d(?:{_APART}\d){{12,}}|{_GROUPS})(?!\d)")
_GROUP = re.compile(r"\d+")
_SHORTEST, _LONGEST = 13, 19
# A UUID, or hexadecimal digits in the usual sizes of random ids and digests, with a letter among them. One in fifteen
# thousand of sixteen digits, and one UUID in two thousand, holds digits that pass for a card number by chance.
_RANDOM_ID = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|(?=[0-9]*[a-f])(?:[0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32,}))(?![0-9a-z])",
    re.IGNORECASE,
)
# (prefix from, prefix to, lengths) of the networks: ISO/IEC 7812 and the networks' published ranges.
_NETWORKS = (
    (4, 4, (13, 16, 19)),
    (51, 55, (16,)),
    (2221, 2720, (16,)),
    (34, 34, (15,)),
    (37, 37, (15,)),
    (300, 305, (14, 16, 19)),
    (36, 36, (14, 16, 19)),
    (38, 39, (14, 16, 19)),
    (6011, 6011, (16, 19)),
    (644, 659, (16, 19)),
    (3528, 3589, (16, 17, 18, 19)),
    (62, 62, (16, 17, 18, 19)),
    (50, 50, (13, 14, 15, 16, 17, 18, 19)),
    (56, 58, (13, 14, 15, 16, 17, 18, 19)),
    (63, 63, (13, 14, 15, 16, 17, 18, 19)),
    (67, 67, (13, 14, 15, 16, 17, 18, 19)),
)


def has_card_number(text: str) -> bool:
    """Return whether ``text`` holds a number with a network's prefix, its length, and a valid check digit."""
    return any(_places(match.group()) for match in _RUN.finditer(text))


def has_card_number_in_id(text: str) -> bool:
    """Return whether an id that others make holds a card number; random ids in it hold none, whatever their digits."""
    return has_card_number(_RANDOM_ID.sub("id", text))


def without_card_numbers(text: str) -> str:
    """Return ``text`` with every card number in it replaced by ``[redacted]``."""
    return _RUN.sub(_redacted, text)


def _redacted(match: re.Match[str]) -> str:
    text = match.group()
    for first, end in reversed(_places(text)):
        text = f"{text[:first]}[redacted]{text[end:]}"
    return text


def _places(run: str) -> list[tuple[int, int]]:
    """Return the positions of card numbers in a run of digit groups; other numbers may surround one."""
    groups, places, after = list(_GROUP.finditer(run)), [], 0
    for at, first in enumerate(groups):
        if first.start() < after:
            continue
        digits, ends = "", 0
        for group in groups[at : at + _LONGEST]:
            digits += group.group()
            if len(digits) > _LONGEST:
                break
            if len(digits) >= _SHORTEST and _is_card(digits):
                ends = group.end()
        if ends:
            places.append((first.start(), ends))
            after = ends
    return places


def _is_card(digits: str) -> bool:
    return len(digits) in _lengths(digits[:4]) and _checks(digits)


@lru_cache(maxsize=10_000)  # as many as there are: a text of nothing but digits asks for each of its places
def _lengths(beginning: str) -> frozenset[int]:
    """Return the lengths of the card numbers that begin with these four digits."""
    found = (lengths for first, last, lengths in _NETWORKS if first <= int(beginning[: len(str(first))]) <= last)
    return frozenset(chain.from_iterable(found))


def _checks(digits: str) -> bool:
    """Return whether the check digit is right by the Luhn algorithm (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
