"""Upgrade the schema, and compare it with the code.

A start only checks the revision and that every column exists. alembic, a tenth of an idle server's memory, is loaded only
to change the schema or to explain what differs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, false, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from connector.errors import Misconfigured, TryLater
from connector.store.schema.schema_state import changed_by_others, misfit_of, revision_of, revisions
from connector.store.schema.tables import metadata
from foundation.database.database import Database, wait_alone
from foundation.database.misfit import Misfit
from foundation.database.outage import is_away, reason_of

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_REVISION = text("SELECT version_num FROM alembic_version")


def upgrade(database: Database) -> None:
    """Run every migration that the database lacks, in one transaction.

    Raises:
        Misconfigured: no migration applies to this database; nothing was changed.
    """
    from alembic import command  # noqa: PLC0415 10 MiB that no server needs once its schema fits

    with database.write() as connection:
        wait_alone(connection, "upgrade")
        if misfit := misfit_of(connection):
            raise Misconfigured([str(misfit)])
        config = alembic_config()
        config.attributes["connection"] = connection
        present = revision_of(connection)
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            if is_away(error):
                raise
            raise Misconfigured([_upgrade_refused(present, error)]) from error
    if database.is_fleet:
        from foundation.database.jobs import upgrade_jobs  # noqa: PLC0415 only a fleet has it installed

        upgrade_jobs(database)


def misfit(database: Database) -> Misfit | None:
    """Return why this version cannot work with the database, and the remedy; None where it can.

    A database that is merely older is a misfit too, with the upgrade as its remedy.
    """
    with database.read() as connection:
        found = misfit_of(connection)
        present = revision_of(connection)
    if found:
        return found
    if present != revisions()[-1]:
        return Misfit(
            f"The database is at revision {present or 'none'}, the code at {revisions()[-1]}.",
            "Back up, then run `chat2pay db upgrade` with the version that is installed.",
        )
    if different := differences(database):
        return changed_by_others(different)
    return _misfit_of_jobs(database)


def differences(database: Database) -> list[str]:
    """Return how the tables differ from the code's, one text each; the database must be at the newest revision."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415 as in upgrade
    from alembic.migration import MigrationContext  # noqa: PLC0415

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return [_described(one) for one in compare_metadata(context, metadata)]


def require_schema(database: Database) -> None:
    """Refuse to start with a schema that is not the code's.

    Raises:
        Misconfigured: with what differs and the remedy; TryLater: the database is not available now.
    """
    try:
        if _fits(database):
            return
        found = misfit(database)
    except SQLAlchemyError as error:
        if is_away(error):
            raise TryLater(f"The database cannot be reached just now: {reason_of(error)}.") from error
        raise Misconfigured([f"the database cannot be used: {reason_of(error)}"]) from error
    if found:
        raise Misconfigured([str(found)])


def _fits(database: Database) -> bool:
    """Return whether the revision is the newest and every table has every column."""
    try:
        with database.read() as connection:
            if connection.execute(_REVISION).scalars().all() != revisions()[-1:]:
                return False
            _ask_for_every_column(connection)
    except SQLAlchemyError:
        return False  # the full comparison finds out why
    return _misfit_of_jobs(database) is None


def _ask_for_every_column(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        connection.execute(select(table).where(false()))


def _misfit_of_jobs(database: Database) -> Misfit | None:
    if not database.is_fleet:
        return None
    from foundation.database.jobs import misfit_of_jobs  # noqa: PLC0415 only a fleet has it installed

    return misfit_of_jobs(database)


def alembic_config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 as in upgrade

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _upgrade_refused(present: str | None, error: DBAPIError) -> str:
    """Return the error about a migration that the database refused."""
    # The database names tables and columns in it, and no secret.
    text = str(error.orig).strip().splitlines()[0][:160]
    return (
        f"The upgrade from revision {present or 'none'} stopped and nothing was changed: {text}. The database is not what "
        "that revision is: somebody changed its tables by hand, or restored them in part. Restore the whole back-up into "
        "another database, or take the change back, then run `chat2pay db upgrade` again. Keep this one: it is the account "
        "of what was paid."
    )


def _described(found: object) -> str:
    parts = found if isinstance(found, tuple) else (found,)
    return " ".join(str(getattr(part, "name", part)) for part in parts)
