"""The migrations make what the tables say, and nobody's database is taken for another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.store.schema import migrate as connectors
from foundation.database.database import Database
from foundation.database.schema import migrate
from payment_core.errors import Misconfigured
from payment_core.services import Core
from payment_core.store.schema.migrate import SCHEMA


def test_the_migrations_make_the_tables_of_the_code(core: Core) -> None:
    database = core.transactions.database
    assert migrate.differences(SCHEMA, database) == []
    migrate.require_schema(SCHEMA, database)


def test_partial_indexes_are_partial_on_both_databases(core: Core) -> None:
    wanted = {one.name for table in SCHEMA.metadata.tables.values() for one in table.indexes if one.info.get("where")}
    fleet = core.transactions.database.is_fleet
    source = "SELECT indexname, indexdef FROM pg_indexes" if fleet else "SELECT name, sql FROM sqlite_master"
    with core.transactions.database.read() as connection:
        rows = connection.exec_driver_sql(source).all()
    assert {name for name, made in rows if made and " WHERE " in made} == wanted


def test_a_connectors_database_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'connector.db'}")
    connectors.upgrade(database)
    for refused in (migrate.upgrade, migrate.require_schema):
        with pytest.raises(Misconfigured, match="PAYMENT_CORE_DATABASE_URL"):
            refused(SCHEMA, database)
    assert connectors.misfit(database) is None
    database.close()


def test_a_connector_refuses_a_cores_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'core.db'}")
    migrate.upgrade(SCHEMA, database)
    with pytest.raises(Misconfigured, match="CHAT2PAY_DATABASE_URL"):
        connectors.upgrade(database)
    assert migrate.misfit(SCHEMA, database) is None
    database.close()
