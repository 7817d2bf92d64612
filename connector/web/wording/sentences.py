"""Sentences with their values, and the rendering of their placeholders.

The page renders the same templates by the same rules (``static/agent/catalogue.js``), so that a countdown can run there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.languages.catalogues import catalogue, direction, locale_tag, spoken
from connector.languages.reader import reader_language, reader_locale
from foundation.clock import rfc3339
from foundation.money import digits_of

if TYPE_CHECKING:
    from babel import Locale

# The locale in which a currency goes by its short symbol.
_SYMBOLS_OF = {"ZAR": "en_ZA", "KES": "en_KE"}
# Values that the catalogue has words for.
_WORDS = frozenset({"channel", "reason"})
# Marks of direction, with which some locales begin an amount.
_MARKS = "\u200e\u200f \u00a0"
_TIME_FORMS = frozenset({"time", "clock", "moment"})
_PLACE = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class Sentence:
    """A sentence id, its values, and the time from which it is shown (None: at once)."""

    id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    starts_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON that the page receives."""
        starts_at = to_json(self.starts_at) if self.starts_at else None
        return {
            "id": self.id,
            "from": starts_at,
            "values": {name: to_json(value) for name, value in self.values.items()},
        }


def places_of(sentence_id: str) -> set[str]:
    """Return the names of the placeholders in a sentence."""
    return {name for name, _ in _PLACE.findall(catalogue()[sentence_id])}


def fill(sentence_id: str, values: Mapping[str, Any], *, time_zone: str, language: str | None = None) -> str:
    """Return the text of a sentence with its placeholders filled in; language None: the request's reader's, and their locale."""
    tongue = spoken(language or reader_language())
    locale = tongue if language else locale_tag(reader_locale(), tongue)
    texts = catalogue(tongue)
    zone = zone_of(time_zone)
    isolated = _isolated if direction(tongue) == "rtl" else str

    def filled(place: re.Match[str]) -> str:
        value = values.get(place[1])
        if place[1] in _WORDS and f"{place[1]}_{value}" in texts:
            return isolated(texts[f"{place[1]}_{value}"])
        return isolated(_filled(value, place[2], zone, tongue, locale))

    return _PLACE.sub(filled, texts[sentence_id])


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name, UTC for an unknown name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Africa" is a folder of the tz database
        return ZoneInfo("UTC")


def to_json(value: Any) -> Any:
    """Return a value for JSON: times as RFC 3339 in UTC, amounts as decimal strings."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return {name: to_json(one) for name, one in value.items()} if isinstance(value, dict) else value


def _filled(value: Any, form: str | None, zone: ZoneInfo, language: str, locale: str) -> str:
    if value is None:
        return "–"
    if form in _TIME_FORMS and isinstance(value, datetime):
        return _time(value.astimezone(zone), form, language)
    if form == "money" and isinstance(value, dict):
        return _money(Decimal(str(value["amount"])), value["currency"], _known(locale, language))
    return str(value)


def _time(at: datetime, form: str, language: str) -> str:
    # Where the reader's zone is unknown, the text must name the zone.
    zone = " UTC" if at.tzname() == "UTC" else ""
    if form != "moment":
        return at.strftime("%H:%M:%S" if form == "time" else "%H:%M") + zone
    from babel.dates import format_datetime  # noqa: PLC0415 as below

    # With its year, always: a flow's text may be kept, and read in another one.
    return f"{format_datetime(at, 'd MMM y, HH:mm', locale=language)}{zone}"


def _known(locale: str, language: str) -> Locale:
    """Return a locale by its tag, that of the language where there are no such numbers."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415 6 MiB, and few server texts hold an amount

    try:
        return Locale.parse(locale, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)


def _money(amount: Decimal, currency: str, locale: Locale) -> str:
    """Format an amount as the page does: no space after a leading short symbol, a space beside a code."""
    from babel.numbers import get_currency_symbol  # noqa: PLC0415 as above

    digits = digits_of(amount)
    # The amount's own digits: babel's currency table has fewer for some currencies, and would round.
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    text = pattern.apply(abs(amount), locale, currency=currency, currency_digits=False)
    symbol = get_currency_symbol(currency, _SYMBOLS_OF.get(currency, locale))
    lead = f"{symbol}\N{NO-BREAK SPACE}" if len(symbol) > 2 and symbol.isalpha() else symbol
    before, _, after = text.partition(get_currency_symbol(currency, locale))
    text = f"{before}{symbol}{after}" if before.strip(_MARKS) else f"{before}{lead}{after.lstrip()}"
    # A hyphen would allow a line break after it.
    return f"\N{MINUS SIGN}{text}" if amount < 0 else text


def _isolated(text: str) -> str:
    """Return a value whose own direction changes nothing around it: an amount or a Latin name in an Arabic sentence."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if text else text
