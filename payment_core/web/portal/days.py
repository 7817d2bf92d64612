"""Read the days of a form, in the merchant's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from payment_core.domain.merchant import Merchant

# Outside of it, reckoning with days and time zones would fail.
_FIRST, _LAST = 2000, 2100


def days_between(merchant: Merchant, args: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Return the begin of the day ``from`` and the end of the day ``to`` in UTC; None for a day that is not given."""
    first, last = read_day(args.get("from", "")), read_day(args.get("to", ""))
    return (
        begin_of(merchant, first) if first else None,
        # The begin of the next day: days of 23 and 25 hours end right, too.
        begin_of(merchant, last + timedelta(days=1)) if last else None,
    )


def read_day(text: str) -> date | None:
    """Return a day as a form has it (YYYY-MM-DD); None for what is no day of this century."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if _FIRST <= day.year < _LAST else None


def begin_of(merchant: Merchant, day: date) -> datetime:
    """Return when a day begins where the merchant is, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(merchant.time_zone)).astimezone(UTC)
