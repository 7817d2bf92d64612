"""The demo's clock: real time plus an offset that a tester moves forward, and that survives restarts."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert, select, update

from foundation.clock import utc_now
from foundation.database.database import Database
from payment_core.demo.tables import demo_clock
from payment_core.errors import invalid_field

FURTHEST_SECONDS = 366 * 24 * 3600
_NAME = "offset"
_RANGE = f"must be a number of seconds from 0 to {FURTHEST_SECONDS}"


class DemoClock:
    """The clock of one demo. Call it for the time; time never runs back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.write() as connection:
            found = connection.execute(select(demo_clock.c.offset_seconds)).scalar_one_or_none()
            if found is None:
                connection.execute(insert(demo_clock).values(name=_NAME, offset_seconds=0.0))
        self.offset_seconds: float = found or 0.0

    def __call__(self) -> datetime:
        """Return the demo's time."""
        # An offset and no fixed time: timers that run must go on.
        return utc_now() + timedelta(seconds=self.offset_seconds)

    def advance(self, seconds: object) -> None:
        """Move the clock forward.

        Raises:
            Refusal: 422, where this is no number from 0 to a year.
        """
        # Fractions of a JSON body are read as Decimal.
        if isinstance(seconds, bool) or not isinstance(seconds, int | float | Decimal):
            raise invalid_field("advance_s", _RANGE)
        if not 0 <= seconds <= FURTHEST_SECONDS:
            raise invalid_field("advance_s", _RANGE)
        self.offset_seconds += float(seconds)
        with self._database.write() as connection:
            connection.execute(update(demo_clock).values(offset_seconds=self.offset_seconds))
