"""Knows how the schema is brought up to date and whether it equals the code; refuses to touch rows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from connector.errors import Misconfigured
from connector.store.database import Database, wait_alone
from connector.store.tables import metadata


def upgrade(database: Database) -> None:
    """Run every migration that this database has not seen."""
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
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        present, newest = context.get_current_revision(), ScriptDirectory.from_config(_config()).get_current_head()
        if present != newest:
            return [f"the database is at revision {present or 'none'}, the code at {newest}: run `chat2pay db upgrade`"]
        found = [_described(one) for one in compare_metadata(context, metadata)]
    if database.is_fleet:
        from connector.store.jobs import differences_of_jobs

        found += differences_of_jobs(database)
    return found


def require_schema(database: Database) -> None:
    """Refuse to start beside a schema that is not the code's.

    Raises:
        Misconfigured: with the differences, or because the database cannot be reached.
    """
    try:
        found = differences(database)
    except SQLAlchemyError as fault:
        raise Misconfigured([f"the database cannot be reached: {type(fault).__name__}"]) from fault
    if found:
        raise Misconfigured(found)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _described(found: object) -> str:
    parts = found if isinstance(found, tuple) else (found,)
    return " ".join(str(getattr(part, "name", part)) for part in parts)
