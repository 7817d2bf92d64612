"""Make a person's name safe to show, store and log, without damaging scripts that need joiners."""

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
    """Return a name that can be shown, at most 120 characters; None where nothing of it can be."""
    if not isinstance(value, str):
        return None
    # Left out are lone surrogates, which cannot be encoded, NUL, which no database stores, and marks that reverse a line.
    name = ""
    for one in value[: 2 * _LONGEST]:
        if one.isspace():  # also no-break spaces and tabs
            name += " "
        elif one.isprintable() or (one in (_NON_JOINER, _JOINER) and _may_join(name, one)):
            name += one
    return name.strip()[:_LONGEST] or None


def _may_join(before: str, joiner: str) -> bool:
    """Return whether a joiner belongs after this text: after a letter or mark of a joining script, or between emoji."""
    if not before:
        return False
    script = unicodedata.name(before[-1], "").partition(" ")[0]
    if script in _JOINING_SCRIPTS:
        return unicodedata.category(before[-1])[0] in "LM"
    is_emoji = unicodedata.category(before[-1]) in ("So", "Sk") or before[-1] == "\ufe0f"
    return joiner == _JOINER and is_emoji
