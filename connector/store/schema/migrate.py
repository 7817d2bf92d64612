"""The connector's schema: upgrade it, and compare it with the code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from connector.store.schema.tables import metadata
from foundation.database.database import Database
from foundation.database.misfit import Misfit
from foundation.database.schema import check_schema, migrate
from foundation.database.schema.service_schema import Schema

if TYPE_CHECKING:
    from alembic.config import Config

SCHEMA = Schema(
    metadata=metadata,
    migrations=Path(__file__).parents[1] / "migrations",
    service="the connector",
    upgrade="chat2pay db upgrade",
    setting="CHAT2PAY_DATABASE_URL",
    has_jobs=True,
)


def upgrade(database: Database) -> None:
    """Run every migration that the database lacks, in one transaction.

    Raises:
        Misconfigured: no migration applies to this database; nothing was changed.
    """
    migrate.upgrade(SCHEMA, database)


def misfit(database: Database) -> Misfit | None:
    """Return why this version cannot work with the database, and the remedy; None where it can."""
    return check_schema.misfit(SCHEMA, database)


def differences(database: Database) -> list[str]:
    """Return how the tables differ from the code's, one text each; the database must be at the newest revision."""
    return check_schema.differences(SCHEMA, database)


def require_schema(database: Database) -> None:
    """Refuse to start with a schema that is not the code's.

    Raises:
        Misconfigured: with what differs and the remedy; TryLater: the database is not available now.
    """
    check_schema.require_schema(SCHEMA, database)


def alembic_config() -> Config:
    """Return alembic's configuration for the connector's migrations."""
    return migrate.alembic_config(SCHEMA)
