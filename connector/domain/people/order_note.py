"""A note on an order from one agent to the next: one line, as many characters as people count."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connector.domain.payments.payment import Person

LONGEST = 140
# A note is for the next colleague: what nobody has written anew for so long helps nobody.
KEPT_FOR = timedelta(days=90)
# What turns the direction of the text around it, with which a line can show something else than it says.
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# A character is what a person sees as one: a letter with its accents, a flag, a family of emoji.
_SEEN = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}|(?:.[\ufe00-\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*)"
    "(?:\u200d.[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]*)*)",
    re.DOTALL,
)
# Marks that make one picture of two code points.
_KEPT = "\u20e3\ufe0f"
# More code points than any real note of that many characters has.
_MOST_CODE_POINTS = 8 * LONGEST


@dataclass(frozen=True)
class OrderNote:
    """The note as it is stored. ``version`` rises with every change, so that two people do not overwrite each other."""

    text: str = field(repr=False)
    author: Person
    written_at: datetime
    version: int


def characters_of(text: str) -> int:
    """Return the number of characters that a person sees."""
    letters = (one for one in unicodedata.normalize("NFC", text) if one in _KEPT or unicodedata.category(one)[0] != "M")
    plain = "".join(letters)
    return len(_SEEN.findall(plain))


def clean_note(text: str) -> str | None:
    """Return a note as one line without space around it; None for one that is too long or holds what cannot be shown."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    odd = any(unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn") for one in line) or _TURNS.search(line)
    if odd or len(line) > _MOST_CODE_POINTS or characters_of(line) > LONGEST:
        return None
    return line
