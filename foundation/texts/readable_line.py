"""Whether a text reads as it looks: one line, with nothing in it that is invisible or reorders the text around it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from marshmallow import ValidationError

_NON_JOINER, _JOINER = "\u200c", "\u200d"
_NO_TEXT = ("Cc", "Cs", "Co", "Cn")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e")
# Letters and marks that show nothing, though by their kind they could be printed.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# In these scripts the two invisible joiners are part of the spelling: Persian uses the one between the parts of a name,
# Sinhala and Bengali the other inside a letter. Anywhere else they only hide a difference between two names.
# https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-23/#G25237
_JOINING_SCRIPTS = frozenset({
    "ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "PHAGS-PA", "ADLAM", "HANIFI", "DEVANAGARI", "BENGALI", "GURMUKHI",
    "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN",
})  # fmt: skip
REMEDY = "in one line, with plain spaces, and no control or invisible characters"


def readable_line(text: str, *, longest: int) -> str | None:
    """Return a text without space around it, its spaces plain; None where it is empty, too long, or not as it looks."""
    is_plain = text.isascii() and text.isprintable()  # as most are: then nothing has to be looked at one by one
    line = (text if is_plain else with_plain_spaces(text)).strip(" ")
    return line if 0 < len(line) <= longest and (is_plain or is_as_it_looks(line)) else None


def one_line(longest: int) -> Callable[[str], None]:
    """Return a validator of marshmallow that takes what ``readable_line`` can read."""

    def check(text: str) -> None:
        if readable_line(text, longest=longest) is None:
            raise ValidationError(f"Give 1 to {longest} characters, {REMEDY}.")

    return check


def with_plain_spaces(text: str) -> str:
    """Return a text with a plain space for each of another width, which comes along with what is pasted."""
    return "".join(" " if unicodedata.category(one) == "Zs" else one for one in text)


def made_readable(text: str, *, longest: int) -> str:
    """Return a text as the nearest line that ``readable_line`` takes, cut to ``longest``; empty where nothing is readable."""
    kept = ""
    for one in with_plain_spaces(text):
        # A break of lines parts two words, and what nobody sees parts none.
        kept += one if may_follow(one, kept) else " " if one.isspace() else ""
    line = " ".join(kept.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def is_as_it_looks(text: str) -> bool:
    """Return whether everything in a text can be seen, and nothing changes how its surroundings are shown."""
    return all(may_follow(one, text[:place]) for place, one in enumerate(text))


def may_be_sent(text: str) -> bool:
    """Return whether a text of several lines may be sent: no control characters, nothing that turns what follows it."""
    # The marks of direction that Arabic writes beside a number or a link are part of a text.
    return not any(unicodedata.category(one) in _NO_TEXT or one in _TURNS for one in text if one != "\n")


def may_follow(one: str, before: str) -> bool:
    """Return whether a character may follow the text before it."""
    if one in (_NON_JOINER, _JOINER):
        return _may_join(before, one)
    return one.isprintable() and one not in _BLANK


def _may_join(before: str, joiner: str) -> bool:
    """Return whether a joiner belongs after this text: after a letter or mark of a joining script, or between emoji."""
    if not before:
        return False
    script = unicodedata.name(before[-1], "").partition(" ")[0]
    if script in _JOINING_SCRIPTS:
        return unicodedata.category(before[-1])[0] in "LM"
    is_emoji = unicodedata.category(before[-1]) in ("So", "Sk") or before[-1] == "\ufe0f"
    return joiner == _JOINER and is_emoji
