"""The core's database, read only: whether anything is due, and what it says of messages and news."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Engine, bindparam, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

# A link whose time is over waits for its attempt: what became of a charge whose answer was lost is known a quarter of an hour
# later, and not sooner, however long the rehearsal waits without letting time pass.
_AWAITS_ATTEMPT = (
    "EXISTS (SELECT 1 FROM attempts WHERE attempts.reference = links.reference AND state <> 'ended' AND look_at > :now)"
)
_DUE = {
    "messages": "due_at <= :now",
    "webhooks": "due_at <= :now",
    "deliveries": "due_at <= :now",
    "attempts": "look_at <= :now",
    "money_moves": "look_at <= :now",
    "links": f"(look_at <= :now OR (payable AND expires_at <= :now AND NOT {_AWAITS_ATTEMPT}))",
}
_POLL_SECONDS = 0.1
# One look may fall between a row that is done and the one that it brings about.
_QUIET_IN_A_ROW = 3


class CoreDatabase:
    """A second reader of the core's database."""

    def __init__(self, database_url: str, now: Callable[[], datetime]) -> None:
        self._engine, self._now = _engine(database_url), now

    def due(self) -> dict[str, int]:
        """Return how many rows of each queue are due; {"unread": 1} while the database cannot be read."""
        moment = self._now().astimezone(UTC)
        # SQLite keeps times as texts without a zone, and compares them as such.
        if self._engine.dialect.name == "sqlite":
            moment = moment.replace(tzinfo=None)
        parts = [f"SELECT '{table}', count(*) FROM {table} WHERE {which}" for table, which in _DUE.items()]  # noqa: S608 (our own words)
        query = text(" UNION ALL ".join(parts)).bindparams(bindparam("now", type_=DateTime(timezone=True)))
        try:
            with self._engine.connect() as connection:
                return {row[0]: row[1] for row in connection.execute(query, {"now": moment}) if row[1]}
        except SQLAlchemyError:
            # A SQLite file whose process was killed cannot be read for a moment.
            return {"unread": 1}

    def rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def wait_until_quiet(is_quiet: Callable[[], bool], *, within: float) -> bool:
    """Wait until nothing is due, several looks in a row; return False where it did not become so within the seconds."""
    until, quiet = time.monotonic() + within, 0
    while time.monotonic() < until:
        quiet = quiet + 1 if is_quiet() else 0
        if quiet >= _QUIET_IN_A_ROW:
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _engine(url: str) -> Engine:
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        # Read only, so that looking can neither lock out the core nor change what is judged.
        return create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", connect_args={"timeout": 20})
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))
