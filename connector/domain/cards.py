"""Knows what looks like a payment card number, so that it can be kept out; refuses to keep one."""

from __future__ import annotations

import re
from collections.abc import Iterator

_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
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
    """Say whether ``text`` holds a number with a known prefix, that network's length, and a right check digit."""
    return any(_is_card(digits) for digits in _runs(text))


def _runs(text: str) -> Iterator[str]:
    for match in _RUN.finditer(text):
        yield re.sub(r"[ -]", "", match.group())


def _is_card(digits: str) -> bool:
    return _checks(digits) and any(
        first <= int(digits[: len(str(first))]) <= last and len(digits) in lengths for first, last, lengths in _NETWORKS
    )


def _checks(digits: str) -> bool:
    """The Luhn check: every second digit from the right is doubled."""
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
