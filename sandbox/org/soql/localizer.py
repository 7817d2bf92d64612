"""The texts that FORMAT returns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, get_timezone
from babel.numbers import format_currency, format_decimal

from sandbox.org.metadata.objects import Field
from sandbox.org.records.store import Row
from sandbox.org.wire.errors import malformed_query
from sandbox.org.wire.times import parse_date, parse_time

_TYPES = ("currency", "double", "int", "date", "datetime")


class Localizer:
    """Formats values for one user, by the locale and the time zone of that user.

    [A] The documentation names what is formatted, not the exact text: this is what CLDR has for the locale.
    https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select_format.htm
    """

    def __init__(self, user: Row, *, currency: str) -> None:
        self._user = user
        self._currency = currency

    @staticmethod
    def check(field: Field) -> None:
        """Check a selected function. Raises ApiError MALFORMED_QUERY where FORMAT does not take fields of the type."""
        if field.type not in _TYPES:
            raise malformed_query(f"field {field.name} of type {field.type} does not support FORMAT")

    def text(self, field: Field, value: Any, *, row: Row) -> str | None:
        """Return a value as the user's locale and time zone show it; None stays None."""
        if value is None:
            return None
        locale = Locale.parse(str(self._user["LocaleSidKey"]))
        # Only in an org with several currencies has a record one of its own.
        if field.type == "currency":
            return format_currency(value, row.get("CurrencyIsoCode") or self._currency, locale=locale)
        if field.type == "date":
            return format_date(parse_date(value), "short", locale=locale)
        if field.type == "datetime":
            zone = get_timezone(str(self._user["TimeZoneSidKey"]))
            return format_datetime(parse_time(value), "short", tzinfo=zone, locale=locale)
        return format_decimal(Decimal(value), locale=locale)
