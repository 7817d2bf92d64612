"""Upgrade a service's schema by its migrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from foundation.database.database import Database, wait_alone
from foundation.database.outage import is_away
from foundation.database.schema.check_schema import misfit_of
from foundation.database.schema.service_schema import Schema, revision_of
from foundation.errors import Misconfigured

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


def alembic_config(schema: Schema) -> Config:
    """Return alembic's configuration for a service's migrations."""
    from alembic.config import Config  # noqa: PLC0415 as in upgrade

    config = Config()
    config.set_main_option("script_location", str(schema.migrations))
    return config


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
