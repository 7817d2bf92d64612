"""Read the country of an address, by its ISO code or by its name in some eighty languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

import manifests
from foundation.phones.phone import is_region

# Two-letter codes that mean something else in free text: "no country", "n/a", and "SA" for South Africa.
_NOT_MEANT = frozenset({"NO", "NA", "SA"})


def country_of(text: object, *, is_code: bool) -> str | None:
    """Return the ISO 3166 code of a country that has phone numbers; None for a text that names none, or several.

    ``is_code``: the text comes from a field of ISO codes, where two letters always are a code.
    """
    if not isinstance(text, str):
        return None
    word = text.strip().upper().replace(".", "")
    if len(word) == 2 and is_region(word) and (is_code or word not in _NOT_MEANT):
        return word
    return _names().get(fold_name(text))


def fold_name(name: str) -> str:
    """Return a country's name normalised: without case, accents, punctuation, repeated spaces and a leading article."""
    text = unicodedata.normalize("NFKD", name).casefold()
    text = re.sub("[\u0300-\u036f]", "", text).replace("&", " and ")
    letters = (one if one.isalnum() or unicodedata.category(one)[0] == "M" else " " for one in text)
    words = ["saint" if one == "st" else one for one in "".join(letters).split()]
    return " ".join(words).removeprefix("the ")


@cache
def _names() -> dict[str, str]:
    by_country: Mapping[str, Sequence[str]] = manifests.load("countries.json")["names"]
    return {name: code for code, names in by_country.items() for name in names}
