"""Move a database between the revisions of its schema."""

from __future__ import annotations

from typing import Any

from alembic import command

from connector.store.schema import migrate
from foundation.database.database import Database


def upgrade_to(database: Database, revision: str) -> None:
    """Upgrade to a revision, such as ``0002`` or ``head``."""
    _move(database, command.upgrade, revision)


def downgrade_to(database: Database, revision: str) -> None:
    """Downgrade to a revision, such as ``0001``."""
    _move(database, command.downgrade, revision)


def _move(database: Database, way: Any, revision: str) -> None:
    with database.write() as connection:
        config = migrate.alembic_config()
        config.attributes["connection"] = connection
        way(config, revision)
