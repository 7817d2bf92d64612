"""The connector's database, read only: what still waits, and what the inbox counts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, bindparam, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

_VERDICTS = "SELECT verdict, count(*), coalesce(sum(duplicates), 0) FROM inbox GROUP BY verdict"
# A forgery about an unknown link waits an hour for its payment request; one that the core contradicts, a minute.
_INBOX_DUE = (
    "SELECT count(*) FROM inbox WHERE due_at IS NOT NULL"
    " AND coalesce(reason, '') <> 'core_says_otherwise'"
    " AND (link_reference IS NULL OR link_reference NOT IN :forged)"
)
_OUTBOX_DUE = "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL"


@dataclass(frozen=True)
class InboxCounts:
    """How many notifications the inbox holds, by what became of them."""

    rows: int = 0
    applied: int = 0
    stale: int = 0
    duplicates: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Backlog:
    """What is still to be done; -1 where it is not known."""

    inbox: int
    outbox: int

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left to be done; False where it is not known."""
        return self.inbox == 0 and self.outbox == 0


class DatabaseView:
    """A second reader of the database. Ask only while the connector runs: SQLite needs its -shm file to be read."""

    def __init__(self, database_url: str) -> None:
        self._engine = _engine(database_url)

    def backlog(self, forged_links: Collection[str]) -> Backlog:
        """Return the backlog without forgeries; an unknown one while the database cannot be queried."""
        due = text(_INBOX_DUE).bindparams(bindparam("forged", expanding=True))
        try:
            with self._engine.connect() as connection:
                inbox = connection.execute(due, {"forged": list(forged_links) or ["-"]}).scalar_one()
                return Backlog(int(inbox), int(connection.execute(text(_OUTBOX_DUE)).scalar_one()))
        except SQLAlchemyError:
            # A SQLite file without its process cannot be read for a moment: not known is not the same as empty.
            return Backlog(-1, -1)

    def counts(self) -> InboxCounts:
        """Return how many inbox entries got which verdict."""
        with self._engine.connect() as connection:
            verdicts = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(text(_VERDICTS))}
        rows = sum(count for count, _ in verdicts.values())
        applied, stale = verdicts.get("applied", (0, 0))[0], verdicts.get("stale", (0, 0))[0]
        duplicates = sum(count for _, count in verdicts.values())
        return InboxCounts(rows, applied, stale, duplicates, rows - applied - stale)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _engine(database_url: str) -> Engine:
    if database_url.startswith("sqlite:///"):
        path = database_url.removeprefix("sqlite:///")
        # Read only, so that looking can neither lock out the connector nor change what is judged.
        return create_engine(f"sqlite:///file:{path}?mode=ro&uri=true", connect_args={"timeout": 20})
    return create_engine(database_url.replace("postgresql://", "postgresql+psycopg://", 1))
