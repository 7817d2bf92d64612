"""Determine what a database is before anything is done to it: empty, ours, newer, partly restored, or foreign."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, MetaData, TextClause, inspect, text

from foundation.database.misfit import Misfit

_KEEP = "Keep it as it is: it is the account of what was paid."


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
    found = _marked_revisions(schema, connection, set(inspect(connection).get_table_names()))
    return found[0] if len(found) == 1 else None


def misfit_of(schema: Schema, connection: Connection) -> Misfit | None:
    """Return why no migration applies to this database; None where it is empty or at a known revision."""
    names = set(inspect(connection).get_table_names())
    ours, marked = names & set(schema.metadata.tables), _marked_revisions(schema, connection, names)
    if len(marked) == 1 and marked[0] in schema.revisions():
        return None
    if marked and not ours:
        return _foreign(schema, f"its revision is {marked[0][:40]}")
    if len(marked) > 1:
        return _incomplete(schema, f"it says several revisions at once ({', '.join(marked)})")
    if marked:
        return _newer(schema, marked[0])
    if ours:
        return _incomplete(schema, "it says no revision")
    others = sorted(names - {schema.version_table})
    return _foreign(schema, f"it holds {', '.join(others[:3])}") if others else None


def changed_by_others(schema: Schema, differences: list[str]) -> Misfit:
    """Return the problem and remedy of a database whose tables do not match its revision."""
    return Misfit(
        f"The database says it is at revision {schema.revisions()[-1]}, and it is not what this version means by it: "
        f"{'; '.join(differences)}.",
        "Another build made it, or somebody changed its tables by hand. Run the build that made it, or take the change "
        f"back, or restore the back-up of before. {_KEEP}",
    )


def _marked_revisions(schema: Schema, connection: Connection, names: set[str]) -> list[str]:
    if schema.version_table not in names:
        return []
    return sorted(str(one) for one in connection.execute(schema.marks).scalars())


def _newer(schema: Schema, revision: str) -> Misfit:
    return Misfit(
        f"The database is of a newer version than this program: it is at revision {revision[:40]}, and this program knows "
        f"revisions up to {schema.revisions()[-1]}.",
        f"Install the version that upgraded it, or a newer one. {_KEEP} To go back in spite of that, restore the back-up "
        f"of before its upgrade into another database, and give that in {schema.setting}.",
    )


def _incomplete(schema: Schema, how: str) -> Misfit:
    return Misfit(
        f"The database holds tables of {schema.service}, and {how}: it was restored or copied in part.",
        f"Restore the whole back-up into another, empty database, and give that in {schema.setting}; then run "
        f"`{schema.upgrade}`. {_KEEP}",
    )


def _foreign(schema: Schema, how: str) -> Misfit:
    return Misfit(
        f"The database belongs to another program ({how}); nothing of it was touched.",
        f"Give {schema.service} a database of its own in {schema.setting}, then run `{schema.upgrade}`.",
    )
