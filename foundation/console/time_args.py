"""Parse times on the command line: RFC 3339, a date, or a time span before now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from foundation.clock import utc_now

_SPAN = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def read_moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """Parse ``2026-11-21T10:43:10Z``, ``2026-11-21``, or ``90m``, ``24h``, ``7d`` before now; without a zone as UTC.

    Raises:
        click.BadParameter: it is none of these.
    """
    if text is None:
        return None
    span = _SPAN.fullmatch(text.strip())
    try:
        if span:
            return utc_now() - timedelta(**{_UNITS[span[2]]: int(span[1])})
        moment = datetime.fromisoformat(text.strip())
        # Without a zone as UTC, as all our output is: an operator may sit in another zone than the server.
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter("Write a time as 2026-11-21T10:43:10Z, a date, or a span such as 24h.") from error
