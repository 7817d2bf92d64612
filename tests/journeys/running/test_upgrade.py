"""A database of the first revision, full of rows, is brought to the newest one and works on; and back again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import MetaData, select

from connector.store.schema.migrate import alembic_config, misfit, upgrade
from foundation.database.database import Database
from tests.databases.postgres import Cluster
from tests.journeys.world import Clock, Page, World

FIRST = "0001"
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database at the first revision that has shipped."""
    cluster: Cluster | None = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    url = cluster.fresh() if cluster else f"sqlite:///{tmp_path}/old.db"
    database = Database(url)
    _move(database, command.upgrade, FIRST)
    yield database
    database.close()


def _move(database: Database, step: Any, revision: str) -> None:
    with database.write() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        step(config, revision)


def _tables(database: Database) -> MetaData:
    """The tables as they are in this database, whatever the code says."""
    found = MetaData()
    with database.read() as connection:
        found.reflect(connection)
    return found


def _rows(database: Database) -> Rows:
    with database.read() as connection:
        return {
            table.name: [
                {name: _in_utc(value) for name, value in row._mapping.items()}
                for row in connection.execute(select(table))
            ]
            for table in _tables(database).sorted_tables
            if table.name != "alembic_version"
        }


def _in_utc(value: Any) -> Any:
    """SQLite keeps no zone: what it keeps is UTC."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _lived_through(world: World) -> tuple[Page, dict[str, Any]]:
    """A day's work: rows of every kind."""
    page = world.open(world.order())
    link = world.sent(page, key="key-00000001")
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.settle()
    paid = world.open(world.order())
    world.told(world.sent(paid, phone="27827654321"), "PAYMENT_RECEIVED")
    world.settle()
    world.callback(b"nothing that we know")
    world.drain()
    return page, link


def _copy(world: World, old: Database) -> Rows:
    """Put a day's rows into the old tables, as far as those have columns for them."""
    tables = _tables(old)
    kept: Rows = {}
    for name, rows in _rows(world.services.store.database).items():
        if name in tables.tables:
            # The database counts these itself; given ones would leave PostgreSQL's own count behind.
            columns = [one for one in tables.tables[name].columns.keys() if one != "event_id"]  # noqa: SIM118
            kept[name] = [{one: row[one] for one in columns if one in row} for row in rows]
    with old.write() as connection:
        for name, rows in kept.items():
            if rows:
                connection.execute(tables.tables[name].insert(), rows)
    return kept


def _same(before: Rows, after: Rows) -> None:
    for name, rows in before.items():
        shared = [{one: row[one] for one in rows[0]} for row in after[name]] if rows else []
        assert sorted(shared, key=repr) == sorted(rows, key=repr), name


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_first_revision_with_rows_works_on_at_the_newest_and_keeps_every_row(
    world: World, old: Database, clock: Clock
) -> None:
    page, link = _lived_through(world)
    before = _copy(world, old)
    assert {name for name, rows in before.items() if rows} >= {
        "tenants", "tokens", "orders", "payment_requests", "payment_events", "inbox", "outbox", "launches"
    }  # fmt: skip
    upgrade(old)
    assert misfit(old) is None
    _same(before, _rows(old))
    url = old.engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg:", "postgresql:")
    again = World(url, clock, world.org, world.core)
    assert again.look(page)["payment_requests"][0]["status"] == "opened"
    again.told(link, "PAYMENT_RECEIVED")
    again.settle()
    assert again.look(page)["payment_state"] == "paid"
    assert again.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    again.services.store.database.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_way_back_keeps_what_the_first_revision_had(world: World, old: Database) -> None:
    _lived_through(world)
    before = _copy(world, old)
    upgrade(old)
    _move(old, command.downgrade, FIRST)
    _same(before, _rows(old))
    upgrade(old)
    assert misfit(old) is None


def test_an_upgrade_that_dies_on_its_way_has_changed_nothing(old: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Died

    real = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, revision: (real(config, revision), die()))
    with pytest.raises(Died):
        upgrade(old)
    monkeypatch.undo()
    found = misfit(old)
    assert found is not None
    assert "is at revision 0001" in found.problem
    upgrade(old)
    assert misfit(old) is None
