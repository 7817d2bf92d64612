"""Knows how the schema is brought up to date and whether it equals the code; refuses to touch rows.

A start only asks: is this the newest revision, is every column there? alembic is loaded to change the schema or to explain
what differs: it would be a tenth of an idle server's memory.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, false, select, text
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import Misconfigured
from connector.store.away import reason_of
from connector.store.database import Database, wait_alone
from connector.store.tables import metadata

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_PRESENT = text("SELECT version_num FROM alembic_version")


def upgrade(database: Database) -> None:
    """Run every migration that this database has not seen."""
    from alembic import command

    with database.write() as connection:
        wait_alone(connection, "upgrade")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if database.is_fleet:
        from connector.store.jobs import upgrade_jobs  # SQLite has no use for it, and it takes long to import

        upgrade_jobs(database)


def differences(database: Database) -> list[str]:
    """Return how the database differs from the code, one line each; an empty list is what one wants."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        present, newest = context.get_current_revision(), ScriptDirectory.from_config(_config()).get_current_head()
        if present != newest:
            return [f"the database is at revision {present or 'none'}, the code at {newest}: run `chat2pay db upgrade`"]
        found = [_described(one) for one in compare_metadata(context, metadata)]
    return found + _differences_of_jobs(database)


def require_schema(database: Database) -> None:
    """Refuse to start beside a schema that is not the code's.

    Raises:
        Misconfigured: with the differences, or because the database cannot be reached.
    """
    try:
        if _fits(database):
            return
        found = differences(database)
    except SQLAlchemyError as fault:
        raise Misconfigured([f"the database cannot be reached: {reason_of(fault)}"]) from fault
    if found:
        raise Misconfigured(found)


def _fits(database: Database) -> bool:
    """Say whether the revision is the newest and every table has every column."""
    try:
        with database.read() as connection:
            if connection.scalar(_PRESENT) != _newest():
                return False
            _ask_for_every_column(connection)
    except SQLAlchemyError:
        return False  # the whole comparison finds out why
    return not _differences_of_jobs(database)


def _newest() -> str:
    """Migrations are numbered: the last file is the newest revision, and a test holds alembic's own opinion against it."""
    return max(path.name for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _ask_for_every_column(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        connection.execute(select(table).where(false()))


def _differences_of_jobs(database: Database) -> list[str]:
    if not database.is_fleet:
        return []
    from connector.store.jobs import differences_of_jobs

    return differences_of_jobs(database)


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _described(found: object) -> str:
    parts = found if isinstance(found, tuple) else (found,)
    return " ".join(str(getattr(part, "name", part)) for part in parts)
