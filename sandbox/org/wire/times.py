"""Times as the API reads and writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime


def format_time(moment: datetime) -> str:
    """Return the form that the API answers with, such as 2026-11-21T10:43:10.000+0000."""
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:-6]}+0000"


def parse_time(text: str) -> datetime:
    """Return the time of a text, with its zone. Raises ValueError, also for a text without a zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def parse_date(text: str) -> date:
    """Return the date of a text such as 2026-11-21. Raises ValueError."""
    return date.fromisoformat(text)
