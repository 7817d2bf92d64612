"""Country names, for people who choose between two readings of a number."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache


def name_country(code: str | None, *, language: str = "en") -> str:
    """Return a country's name by its ISO code; empty where no country is known, the code where the language has no name."""
    return _names(language).get(code, code) if code else ""


@cache
def _names(language: str) -> Mapping[str, str]:
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 6 MiB, of no use to a process that shows no page

    try:
        return Locale.parse(language.replace("-", "_")).territories
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en").territories
