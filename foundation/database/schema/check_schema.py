"""Check whether a database's schema fits the code: is it ours at all, whole, and at the newest revision.

A start only checks the revision and that every column exists. alembic, a tenth of an idle server's memory, is loaded only
to change the schema or to explain what differs.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, false, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from foundation.database.database import Database
from foundation.database.misfit import Misfit
from foundation.database.outage import is_away, reason_of
from foundation.database.schema.service_schema import Schema, marked_revisions, revision_of
from foundation.errors import Misconfigured, TryLater

_KEEP = "Keep it as it is: it is the account of what was paid."


def misfit(schema: Schema, database: Database) -> Misfit | None:
    """Return why this version cannot work with the database, and the remedy; None where it can.

    A database that is merely older is a misfit too, with the upgrade as its remedy.
    """
    with database.read() as connection:
        found = misfit_of(schema, connection)
        present = revision_of(schema, connection)
    if found:
        return found
    if present != schema.revisions()[-1]:
        return Misfit(
            f"The database is at revision {present or 'none'}, the code at {schema.revisions()[-1]}.",
            f"Back up, then run `{schema.upgrade}` with the version that is installed.",
        )
    if different := differences(schema, database):
        return _changed_by_others(schema, different)
    return _misfit_of_jobs(schema, database)


def differences(schema: Schema, database: Database) -> list[str]:
    """Return how the tables differ from the code's, one text each; the database must be at the newest revision."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 10 MiB that no server needs
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with database.read() as connection:
        options = {"compare_type": False, "version_table": schema.version_table, "include_name": _is_ours(schema)}
        context = MigrationContext.configure(connection, opts=options)
        return [_described(one) for one in compare_metadata(context, schema.metadata)]


def require_schema(schema: Schema, database: Database) -> None:
    """Refuse to start with a schema that is not the code's.

    Raises:
        Misconfigured: with what differs and the remedy; TryLater: the database is not available now.
    """
    try:
        if _fits(schema, database):
            return
        found = misfit(schema, database)
    except SQLAlchemyError as error:
        if is_away(error):
            raise TryLater(f"The database cannot be reached just now: {reason_of(error)}.") from error
        raise Misconfigured([f"the database cannot be used: {reason_of(error)}"]) from error
    if found:
        raise Misconfigured([str(found)])


def misfit_of(schema: Schema, connection: Connection) -> Misfit | None:
    """Return why no migration applies to this database; None where it is empty or at a known revision."""
    names = set(inspect(connection).get_table_names())
    ours, marked = names & set(schema.metadata.tables), marked_revisions(schema, connection, names)
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


def _is_ours(schema: Schema) -> Callable[..., bool]:
    """Return alembic's filter of names that leaves out the tables of guests."""

    def is_ours(name: str | None, _kind: str, _parents: object) -> bool:
        return schema.guests is None or not str(name).startswith(schema.guests)

    return is_ours


def _fits(schema: Schema, database: Database) -> bool:
    """Return whether the revision is the newest and every table has every column."""
    try:
        with database.read() as connection:
            if connection.execute(schema.marks).scalars().all() != schema.revisions()[-1:]:
                return False
            _ask_for_every_column(schema, connection)
    except SQLAlchemyError:
        return False  # the full comparison finds out why
    return _misfit_of_jobs(schema, database) is None


def _ask_for_every_column(schema: Schema, connection: Connection) -> None:
    for table in schema.metadata.sorted_tables:
        connection.execute(select(table).where(false()))


def _misfit_of_jobs(schema: Schema, database: Database) -> Misfit | None:
    if not (database.is_fleet and schema.has_jobs):
        return None
    from foundation.database.postgres.jobs import misfit_of_jobs  # noqa: PLC0415 only a fleet has it installed

    return misfit_of_jobs(database)


def _changed_by_others(schema: Schema, differences: list[str]) -> Misfit:
    """Return the problem and remedy of a database whose tables do not match its revision."""
    return Misfit(
        f"The database says it is at revision {schema.revisions()[-1]}, and it is not what this version means by it: "
        f"{'; '.join(differences)}.",
        "Another build made it, or somebody changed its tables by hand. Run the build that made it, or take the change "
        f"back, or restore the back-up of before. {_KEEP}",
    )


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


def _described(found: object) -> str:
    parts = found if isinstance(found, tuple) else (found,)
    return " ".join(str(getattr(part, "name", part)) for part in parts)
