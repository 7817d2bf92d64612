"""A person's name made safe to show, store and log; joiners that scripts need stay."""

from __future__ import annotations

import unicodedata

_NON_JOINER, _JOINER = "\u200c", "\u200d"
# In these scripts the two invisible joiners are part of the spelling: Persian uses the one between the parts of a name,
# Sinhala and Bengali the other inside a letter. Anywhere else they only hide a difference between two names.
# https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-23/#G25237
_JOINING_SCRIPTS = frozenset({
    "ARABIC", "SYRIAC", "MANDAIC", "NKO", "MONGOLIAN", "PHAGS-PA", "ADLAM", "HANIFI", "DEVANAGARI", "BENGALI", "GURMUKHI",
    "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN",
})  # fmt: skip
_LONGEST = 120


def readable_name(value: object) -> str | None:
    """Return a name that can be shown, at most 120 characters; None where nothing of it can be.

    Half a surrogate pair cannot be sent, a database takes no NUL, and direction marks turn a line around: all are left out.
    """
    if not isinstance(value, str):
        return None
    kept = ""
    for one in value[: 2 * _LONGEST]:
        if one.isspace():  # a space that does not break, a tabulator: a space all the same
            kept += " "
        elif one.isprintable() or (one in (_NON_JOINER, _JOINER) and _may_join(kept, one)):
            kept += one
    return kept.strip()[:_LONGEST] or None


def _may_join(before: str, joiner: str) -> bool:
    """Say whether a joiner belongs behind this text: behind a letter or mark of a joining script, a joiner between emoji too."""
    if not before:
        return False
    script = unicodedata.name(before[-1], "").partition(" ")[0]
    if script in _JOINING_SCRIPTS:
        return unicodedata.category(before[-1])[0] in "LM"
    is_emoji = unicodedata.category(before[-1]) in ("So", "Sk") or before[-1] == "\ufe0f"
    return joiner == _JOINER and is_emoji
