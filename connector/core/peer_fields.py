"""Schema fields for a peer's data: amounts, times and texts in the various forms in which they arrive."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from marshmallow import fields

from foundation.cards import has_card_number
from foundation.money import PEERS_NUMBER, ZERO

_MOST_DIGITS = 18  # no amount has more, and 1e999999999 would take a gigabyte to write out
_LONGEST_AMOUNT = 32  # the size of the database's column
_LONGEST_LINK_REFERENCE, LONGEST_ORDER_NUMBER, LONGEST_SPARE, _LONGEST_CODE = 80, 80, 120, 20
# Outside of these it is no time of a payment, and a database may not take it.
_YEARS = (2000, 2200)
_LONG_NUMBER = re.compile(r"\d(?:[ ().-]*\d){6}")
_CODE_WORD = re.compile(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|^[A-Z0-9]+$")
_WORD = re.compile(r"[a-z][a-z_]{1,38}[a-z]")
_EPOCH = re.compile(r"[0-9]{10,13}([.][0-9]{1,9})?")


class PeerAmount(fields.Field[Decimal]):
    """An amount as a number or as text; a JSON number reaches us as Decimal, never as float."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        # Decimal would also take digits of other scripts, and underscores. No list, object or `true` is written like this.
        text = str(value).strip()
        if isinstance(value, float) or not PEERS_NUMBER.fullmatch(text):
            raise self.make_error("validator_failed")
        amount = Decimal(text)
        if not amount or amount.adjusted() < -_MOST_DIGITS:
            return ZERO  # 0E-25, and what a sum of floats leaves in place of zero
        if amount.adjusted() > _MOST_DIGITS or len(format(amount, "f")) > _LONGEST_AMOUNT:
            raise self.make_error("validator_failed")
        return amount


class PeerTime(fields.Field[datetime | None]):
    """A time as ISO 8601 text, or as a number (or its text) of seconds or milliseconds since 1970.

    None for an invalid or absurd time: a payment counts even if its time cannot be read.
    """

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:
        try:
            moment = _moment(value)
        except (ValueError, OverflowError, OSError):
            return None
        return moment if _YEARS[0] <= moment.year < _YEARS[1] else None


def _moment(value: Any) -> datetime:
    if isinstance(value, str) and _EPOCH.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        # As seconds 10^11 would be in the year 5138, so a larger number is of milliseconds.
        return datetime.fromtimestamp(float(value) / (1000 if value > 10**11 else 1), UTC)
    moment = datetime.fromisoformat(str(value).strip())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_storable(text: str, *, most: int) -> bool:
    """Return whether a text has at most ``most`` characters, all of which a database and a log can store."""
    return len(text) <= most and text.isprintable()


class PeerText(fields.Field[str]):
    """A text (or a whole number as text) that decisions depend on; stripped, and refused rather than truncated."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = _as_text(value)
        if text is None or not is_storable(text, most=self._most):
            raise self.make_error("validator_failed")
        return text


class PeerCode(PeerText):
    """A code in upper case: a currency, an environment."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=_LONGEST_CODE, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).upper()


class LinkReference(PeerText):
    """The core's id of a link."""

    def __init__(self, **options: Any) -> None:
        super().__init__(most=_LONGEST_LINK_REFERENCE, **options)


def _as_text(value: Any) -> str | None:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value) if value.adjusted() <= _MOST_DIGITS else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


class OptionalText(fields.Field[str | None]):
    """A text (or a whole number as text) that no decision depends on; None where it cannot be stored."""

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(load_default=None, **options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
        return text if text and is_storable(text, most=self._most) else None


class CodeWord(fields.Field[str | None]):
    """One of a core's own words in small letters, such as ``paid_twice``; None where it is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(load_default=None, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        return value if isinstance(value, str) and _WORD.fullmatch(value) else None


class OptionalFlag(fields.Field[bool | None]):
    """Yes or no; None where it is neither."""

    def __init__(self, **options: Any) -> None:
        super().__init__(load_default=None, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool | None:
        return value if isinstance(value, bool) else None


class DisplayText(OptionalText):
    """A text for people to read; None where it may hold a phone or card number, or is a code of the core."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str | None:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is None or _LONG_NUMBER.search(text) or _CODE_WORD.search(text) or has_card_number(text):
            return None
        return text


def without_currency(amount: Any, currency: Any) -> Any:
    """Return an amount such as "ZAR 115.00" or "115.00 zar" without the currency; beside another one it stays, and is refused."""
    if not isinstance(amount, str) or not isinstance(currency, str):
        return amount
    plain, code = amount.strip(), currency.strip().upper()
    if plain[:3].upper() == code:
        return plain[3:].strip()
    return plain[:-3].strip() if plain[-3:].upper() == code else amount
