"""Finds what a country is called, for a person who must tell one number from another."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError


def name_country(code: str | None, *, language: str = "en") -> str:
    """Return a country's name by its ISO code; empty where no country is known, the code where the language has no name."""
    if code is None:
        return ""
    try:
        names = Locale.parse(language.replace("-", "_")).territories
    except (UnknownLocaleError, ValueError):
        names = Locale.parse("en").territories
    return str(names.get(code, code))
