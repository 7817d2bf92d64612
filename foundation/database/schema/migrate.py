"""Upgrade a service's schema, and compare it with the code.

A start only checks the revision and that every column exists. alembic, a tenth of an idle server's memory, is loaded only
to change the schema or to explain what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, false, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from foundation.database.database import Database, wait_alone
from foundation.database.misfit import Misfit
from foundation.database.outage import is_away, reason_of
from foundation.database.schema.schema_state import Schema, changed_by_others, misfit_of, revision_of
from foundation.errors import Misconfigured, TryLater

if TYPE_CHECKING:
    from alembic.config import Config


def upgrade(schema: Schema, database: Database) -> None:
    """Run every migration that the database lacks, in one transaction.

    Raises:
        Misconfigured: no migration applies to this database; nothing was changed.
    """
    from alembic import command  # noqa: PLC0415 10 MiB that no server needs once its schema fits

    with database.write() as connection:
        wait_alone(connection, "upgrade")
        if misfit := misfit_of(schema, connection):
            raise Misconfigured([str(misfit)])
        config = alembic_config(schema)
        config.attributes["connection"] = connection
        present = revision_of(schema, connection)
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            if is_away(error):
                raise
            raise Misconfigured([_upgrade_refused(schema, present, error)]) from error
    if database.is_fleet and schema.has_jobs:
        from foundation.database.postgres.jobs import upgrade_jobs  # noqa: PLC0415 only a fleet has it installed

        upgrade_jobs(database)


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
        return changed_by_others(schema, different)
    return _misfit_of_jobs(schema, database)


def differences(schema: Schema, database: Database) -> list[str]:
    """Return how the tables differ from the code's, one text each; the database must be at the newest revision."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 as in upgrade
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


def alembic_config(schema: Schema) -> Config:
    """Return alembic's configuration for a service's migrations."""
    from alembic.config import Config  # noqa: PLC0415 as in upgrade

    config = Config()
    config.set_main_option("script_location", str(schema.migrations))
    return config


def _is_ours(schema: Schema) -> Callable[..., bool]:
    """Return alembic's filter of names that leaves out the tables of guests."""

    def is_ours(name: str | None, kind: str, _parents: object) -> bool:
        return kind != "table" or schema.guests is None or not str(name).startswith(schema.guests)

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


def _upgrade_refused(schema: Schema, present: str | None, error: DBAPIError) -> str:
    """Return the error about a migration that the database refused."""
    # The database names tables and columns in it, and no secret.
    text = str(error.orig).strip().splitlines()[0][:160]
    return (
        f"The upgrade from revision {present or 'none'} stopped and nothing was changed: {text}. The database is not what "
        "that revision is: somebody changed its tables by hand, or restored them in part. Restore the whole back-up into "
        f"another database, or take the change back, then run `{schema.upgrade}` again. Keep this one: it is the account "
        "of what was paid."
    )


def _described(found: object) -> str:
    parts = found if isinstance(found, tuple) else (found,)
    return " ".join(str(getattr(part, "name", part)) for part in parts)
