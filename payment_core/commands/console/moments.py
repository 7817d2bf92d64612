"""Read a time that somebody gave to a command."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from foundation.clock import utc_now

_SPAN = re.compile(r"(\d{1,5})([hd])")


def read_moment(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """Return a time as ISO 8601 has it (UTC unless it says otherwise), or so long ago as ``24h`` or ``7d`` says.

    Raises:
        click.BadParameter: it is neither.
    """
    if text is None:
        return None
    if span := _SPAN.fullmatch(text.strip()):
        number = int(span[1])
        return utc_now() - (timedelta(hours=number) if span[2] == "h" else timedelta(days=number))
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise click.BadParameter("must be a time such as 2026-11-28T12:00, or 24h, or 7d") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
