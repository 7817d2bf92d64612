"""The country of an address, by its ISO code or by its name as people write it in some eighty languages."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import manifests
from foundation.phones.phone import is_region

# Free text, not codes: "no country", "n/a", and the short name of South Africa.
_NOT_MEANT = frozenset({"NO", "NA", "SA"})


def country_of(text: object, *, is_code: bool) -> str | None:
    """Return the ISO 3166 code of a country that has phone numbers; None for a text that names none, or several.

    ``is_code``: the text comes from a field of codes, where two letters are never a word.
    """
    if not isinstance(text, str):
        return None
    word = text.strip().upper().replace(".", "")
    if len(word) == 2 and is_region(word) and (is_code or word not in _NOT_MEANT):
        return word
    return _names().get(fold_name(text))


def fold_name(name: str) -> str:
    """Return a country's name without what people write differently: case, accents, marks, spaces, articles."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = re.sub("[\u0300-\u036f]", "", text).replace("&", " and ")
    letters = (one if one.isalnum() or unicodedata.category(one)[0] == "M" else " " for one in text)
    words = ["saint" if one == "st" else one for one in "".join(letters).split()]
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


@cache
def _names() -> dict[str, str]:
    by_country: dict[str, list[str]] = manifests.load("countries.json")["names"]
    return {name: code for code, names in by_country.items() for name in names}
