"""The catalogue of sentences, and the rendering of their placeholders.

The page renders the same templates by the same rules (``static/agent/catalogue.js``), so that a countdown can run there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import manifests
from foundation.clock import rfc3339
from foundation.money import digits_of

# The locale in which a currency goes by its short symbol.
_SYMBOLS_OF = {"ZAR": "en_ZA", "KES": "en_KE"}
# Values that the catalogue has words for.
_WORDS = frozenset({"channel", "reason"})
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


def catalogue(language: str = "en") -> Mapping[str, str]:
    """Return all sentences of a language; English where that language has no file."""
    try:
        found: Mapping[str, str] = manifests.load(f"sentences/{language[:2]}.json")
    except FileNotFoundError:
        found = manifests.load("sentences/en.json")
    return found


def places_of(sentence_id: str) -> set[str]:
    """Return the names of the placeholders in a sentence."""
    return {name for name, _ in _PLACE.findall(catalogue()[sentence_id])}


def fill(sentence_id: str, values: Mapping[str, Any], *, time_zone: str, language: str = "en") -> str:
    """Return the text of a sentence with its placeholders filled in."""
    texts = catalogue(language)
    zone = zone_of(time_zone)

    def filled(place: re.Match[str]) -> str:
        value = values.get(place[1])
        if place[1] in _WORDS and f"{place[1]}_{value}" in texts:
            return texts[f"{place[1]}_{value}"]
        return _filled(value, place[2], zone, language)

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


def _filled(value: Any, form: str | None, zone: ZoneInfo, language: str) -> str:
    if value is None:
        return "–"
    if form in ("time", "clock") and isinstance(value, datetime):
        return value.astimezone(zone).strftime("%H:%M:%S" if form == "time" else "%H:%M")
    if form == "moment" and isinstance(value, datetime):
        return _moment(value.astimezone(zone), language)
    if form == "money" and isinstance(value, dict):
        return _money(Decimal(str(value["amount"])), value["currency"], language)
    return str(value)


def _moment(at: datetime, language: str) -> str:
    from babel.dates import format_datetime  # noqa: PLC0415 as below

    return str(format_datetime(at, "d MMM, HH:mm", locale=language[:2]))


def _money(amount: Decimal, currency: str, language: str) -> str:
    """Format an amount as the page does: a short symbol where the currency has one, else its code and a space."""
    from babel.numbers import format_decimal, get_currency_symbol  # noqa: PLC0415 6 MiB, and few server texts hold an amount

    symbol = get_currency_symbol(currency, _SYMBOLS_OF.get(currency, language[:2]))
    lead = f"{symbol} " if len(symbol) > 2 and symbol.isalpha() else symbol
    # The amount's own digits: babel's currency table has fewer for some currencies, and would round.
    pattern = f"#,##0.{'0' * digits_of(amount)}".rstrip(".")
    sign = "\N{MINUS SIGN}" if amount < 0 else ""  # a hyphen would allow a line break after it
    return sign + lead + format_decimal(abs(amount), pattern, locale=language[:2])
