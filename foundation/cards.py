"""Detect and remove payment card numbers in text.

The agent's page has the same rule (``card_numbers.js``); ``tests/shared/card_numbers.json`` holds the cases of both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, pairwise

# What nobody sees: format characters, variation selectors, marks drawn over a digit (a keycap's frame), empty letters.
_INVISIBLE = (
    r"\u00ad\u0300-\u036f\u0483-\u0489\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\u2800\u3164\ufe00-\ufe0f\ufe20-\ufe2f"
    r"\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"
)
# Digits that are pictures: raised, lowered, in circles and brackets, with a point or comma. `\d` is the digits of every script.
_PICTURED = (
    r"\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff"
    r"\u2776-\u277e\u2780-\u2788\u278a-\u2792\U0001f100-\U0001f10a"
)
_ASCII = re.compile(r"[\x00-\x7f]+")
_DIGIT_OR_UNSEEN = re.compile(rf"(?![0-9])[\d{_PICTURED}{_INVISIBLE}]")
_UNSEEN = "\x1f"  # stands for what nobody sees
# Thirteen digits with no letter between them: what most texts lack, found before anything else is done.
_STRETCH = re.compile(r"[0-9](?:[^0-9A-Za-z]*+[0-9]){12,}")
_GROUP = re.compile(r"[0-9]+")
# Blanks, also over lines, and dashes of any kind part one number anywhere.
_BLANK = r"\s\x00-\x1f\x7f-\x9f\u002d\u0640\u2010-\u2015\u2043\u2212\u301c\u3030\u30fc\ufe58\ufe63\uff0d"
_BLANKS = re.compile(f"[{_BLANK}]+")
# Every other mark stands in amounts, times, places and lists, too: only in a card's own groups does it part a number.
_MARKS = re.compile(rf"\s{{0,9}}(?:(?:[^\w{_BLANK}]|_)\s{{0,9}}){{1,9}}")
_CARDS_GROUPS = re.compile(r"444[1-7]|4444[1-3]|46[45]|1{13,19}|2{6,9}[12]")
# What parts decimals must be the same throughout, and pairs of digits in a list are no card.
_DECIMAL = frozenset(".,\u00b7\u066b\u066c\uff0c\uff0e")
_OF_LISTS = _DECIMAL | frozenset(";\u060c\u061b\u3001\uff1b")
_SHORTEST, _LONGEST = 13, 19
_BEGINNING = 4  # the digits by which a network is known
# A German mobile number in full has thirteen digits, as Visa's numbers of long ago: behind a plus they are a phone's.
_PHONE = "+"
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
_DOUBLED = str.maketrans("0123456789", "0246813579")  # twice the digit, of 10 and more the sum of both digits
Span = tuple[int, int]


def has_card_number(text: str) -> bool:
    """Return whether ``text`` holds a number with a network's prefix, its length, and a valid check digit."""
    # On the way of every callback and key: most are settled by one quick look.
    if text.isascii() and _STRETCH.search(text) is None:
        return False
    return any(True for _ in _spans(text))


def has_card_number_in_id(text: str) -> bool:
    """Return whether an id that others make holds a card number; random ids in it hold none, whatever their digits."""
    return has_card_number(text) and has_card_number(_RANDOM_ID.sub("id", text))


def without_card_numbers(text: str) -> str:
    """Return ``text`` with every card number in it replaced by ``[redacted]``."""
    kept, after = "", 0
    for first, end in sorted(_spans(text)):
        if first >= after:
            kept += f"{text[after:first]}[redacted]"
        after = max(after, end)
    return kept + text[after:]


def _spans(text: str) -> Iterator[Span]:
    """Yield where card numbers are in ``text``; two may overlap."""
    for plain, places in _readings(text):
        for stretch in _STRETCH.finditer(plain):
            is_phone = plain[: stretch.start()].endswith(_PHONE)
            for first, end in _in_stretch(stretch.group(), is_phone=is_phone):
                yield places[stretch.start() + first], places[stretch.start() + end]


def _readings(text: str) -> Iterator[tuple[str, Sequence[int]]]:
    """Yield ``text`` with ASCII digits, and the place in ``text`` of each of its characters."""
    # Few texts have anything to be read in another way: what is not ASCII alone is looked at, which is quick.
    if text.isascii() or not _DIGIT_OR_UNSEEN.search(_ASCII.sub("", text)):
        yield text, range(len(text) + 1)
        return
    spaced = _DIGIT_OR_UNSEEN.sub(_plain, text)
    yield spaced, range(len(text) + 1)
    # What nobody sees may part two numbers, or stand inside of one group.
    if _UNSEEN in spaced:
        yield spaced.replace(_UNSEEN, ""), [*(at for at, one in enumerate(spaced) if one != _UNSEEN), len(text)]


def _plain(found: re.Match[str]) -> str:
    return str(unicodedata.digit(found[0], _UNSEEN))


def _in_stretch(stretch: str, *, is_phone: bool) -> list[Span]:
    """Return the positions of card numbers in a stretch of digit groups; other numbers may surround one.

    Where it begins as a phone number does, a card of the least length does not begin it.
    """
    groups, spans, after = list(_GROUP.finditer(stretch)), [], 0
    marks = [_marks_of(stretch[one.end() : other.start()]) for one, other in pairwise(groups)]
    for at, first in enumerate(groups):
        if first.start() < after:
            continue
        shortest = _SHORTEST + (is_phone if at == 0 else stretch[: first.start()].endswith(_PHONE))
        ends = _end_of_card(groups[at : at + _LONGEST], marks[at : at + _LONGEST - 1], shortest)
        if ends:
            spans.append((first.start(), ends))
            after = ends
    return spans


def _end_of_card(groups: Sequence[re.Match[str]], marks: Sequence[str | None], shortest: int) -> int:
    """Return where the longest card number ends that begins with the first group; 0: none does."""
    digits, ends = "", 0
    for count, group in enumerate(groups):
        # Blanks alone, or marks alone, part one number.
        if count and (marks[count - 1] is None or bool(marks[count - 1]) != bool(marks[0])):
            break
        digits += group.group()
        if len(digits) > _LONGEST or (len(digits) >= _BEGINNING and not _lengths(digits[:_BEGINNING])):
            break
        if len(digits) >= shortest and _is_card(digits) and _part_one_number(groups[: count + 1], marks[:count]):
            ends = group.end()
    return ends


@lru_cache(maxsize=500)
def _marks_of(gap: str) -> str | None:
    """Return the marks between two groups, each once; empty for blanks and dashes, None where they part two numbers."""
    if _BLANKS.fullmatch(gap):
        return ""
    return "".join(sorted(set("".join(gap.split())))) if _MARKS.fullmatch(gap) else None


def _part_one_number(groups: Sequence[re.Match[str]], marks: Sequence[str | None]) -> bool:
    if not any(marks):
        return True
    lengths = "".join(str(len(one.group())) for one in groups)
    if not _CARDS_GROUPS.fullmatch(lengths):
        return False
    used = set("".join(filter(None, marks)))
    if lengths[0] == "2" and used & _OF_LISTS:
        return False
    return len(used) == 1 or (lengths[0] == "4" and not used & _DECIMAL)


def _is_card(digits: str) -> bool:
    return len(digits) in _lengths(digits[:_BEGINNING]) and _checks(digits)


@lru_cache(maxsize=10_000)  # as many as there are: a text of nothing but digits asks for each of its places
def _lengths(beginning: str) -> frozenset[int]:
    """Return the lengths of the card numbers that begin with these four digits."""
    found = (lengths for first, last, lengths in _NETWORKS if first <= int(beginning[: len(str(first))]) <= last)
    return frozenset(chain.from_iterable(found))


def _checks(digits: str) -> bool:
    """Return whether the check digit is right by the Luhn algorithm (ISO/IEC 7812-1)."""
    return (sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0
