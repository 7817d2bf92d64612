"""The current time in UTC, its RFC 3339 form, and the time of an HTTP answer."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def utc_now() -> datetime:
    """Return the current time, timezone-aware, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Return a timezone-aware time as RFC 3339 in UTC with milliseconds: ``2026-11-21T10:43:10.000Z``.

    https://www.rfc-editor.org/rfc/rfc3339#section-5.6
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_http_date(text: str) -> datetime | None:
    """Return the time of a ``Date`` header, in UTC; None for one that says none."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
