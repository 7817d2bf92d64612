"""The schema of one service: its tables and migrations, and the revision that a database is marked with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, TextClause, inspect, text


@dataclass(frozen=True)
class Schema:
    """The tables of one service and their migrations, with the names that an operator uses for it.

    ``service`` as in "a table of the connector"; ``upgrade`` is its command that runs the migrations; ``setting`` gives the
    database. ``has_jobs``: on PostgreSQL it has procrastinate's job queue, too. ``version_table`` holds the revision: two
    services that mixed up their databases must not take the other's revision for their own. Tables whose names begin with
    ``guests`` are made by somebody else and are not compared.
    """

    metadata: MetaData
    migrations: Path
    service: str
    upgrade: str
    setting: str
    has_jobs: bool = False
    version_table: str = "alembic_version"
    guests: str | None = None

    @property
    def marks(self) -> TextClause:
        """The query of the revisions that a database is marked with."""
        return text(f"SELECT version_num FROM {self.version_table}")  # noqa: S608 a name of our own

    def revisions(self) -> list[str]:
        """Return the revisions that this version contains, the newest last, by their numbered files."""
        return sorted(path.name.partition("_")[0] for path in (self.migrations / "versions").glob("[0-9]*.py"))


def revision_of(schema: Schema, connection: Connection) -> str | None:
    """Return the revision that a database is marked with; None where it has none, or several."""
    found = marked_revisions(schema, connection, set(inspect(connection).get_table_names()))
    return found[0] if len(found) == 1 else None


def marked_revisions(schema: Schema, connection: Connection, names: set[str]) -> list[str]:
    """Return the revisions that a database with tables of these names says; more than one means that it is not whole."""
    if schema.version_table not in names:
        return []
    return sorted(str(one) for one in connection.execute(schema.marks).scalars())
