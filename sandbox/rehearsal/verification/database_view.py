"""Knows how to see, reading only, whether the connector is at rest and what its ledger counts; refuses to write."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, bindparam, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

_VERDICTS = "SELECT verdict, count(*), coalesce(sum(duplicates), 0) FROM inbox GROUP BY verdict"
# A lie about a link that nobody knows waits an hour for its payment request; one that the core contradicts, a minute.
_INBOX_DUE = (
    "SELECT count(*) FROM inbox WHERE due_at IS NOT NULL"
    " AND coalesce(reason, '') <> 'core_says_otherwise'"
    " AND (link_reference IS NULL OR link_reference NOT IN :lies)"
)
_OUTBOX_DUE = "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL"


@dataclass(frozen=True)
class InboxCounts:
    """What the ledger says of all notifications that it holds."""

    rows: int = 0
    applied: int = 0
    stale: int = 0
    duplicates: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Backlog:
    """What is still to be done."""

    inbox: int
    outbox: int

    @property
    def quiet(self) -> bool:
        return self.inbox == 0 and self.outbox == 0


class DatabaseView:
    """The connector's database, seen from outside. Ask only while the connector runs."""

    def __init__(self, database_url: str) -> None:
        self._engine = _engine(database_url)

    def rest(self, lies: Collection[str]) -> Backlog:
        """Return what waits, lies left out. While the database cannot be asked, something does."""
        due = text(_INBOX_DUE).bindparams(bindparam("lies", expanding=True))
        try:
            with self._engine.connect() as connection:
                inbox = connection.execute(due, {"lies": list(lies) or ["-"]}).scalar_one()
                return Backlog(int(inbox), int(connection.execute(text(_OUTBOX_DUE)).scalar_one()))
        except SQLAlchemyError:
            return Backlog(-1, -1)

    def counts(self) -> InboxCounts:
        with self._engine.connect() as connection:
            found = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(text(_VERDICTS))}
        rows = sum(count for count, _ in found.values())
        applied, stale = found.get("applied", (0, 0))[0], found.get("stale", (0, 0))[0]
        return InboxCounts(rows, applied, stale, sum(again for _, again in found.values()), rows - applied - stale)

    def close(self) -> None:
        self._engine.dispose()


def _engine(database_url: str) -> Engine:
    if database_url.startswith("sqlite:///"):
        path = database_url.removeprefix("sqlite:///")
        return create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", connect_args={"timeout": 20})
    return create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
