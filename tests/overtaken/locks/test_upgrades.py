"""Servers that start together each bring the database up to date: one after the other, or two would make the same table."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import inspect, text

from connector.store.schema.migrate import upgrade
from foundation.database.database import Database, wait_alone
from tests.databases.postgres import Cluster

_WAITS = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON database = pg_database.oid "
    "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
)
_NEVER = 60  # only ends a wait for what never comes


def test_an_upgrade_waits_for_one_that_runs(cluster: Cluster) -> None:
    url = cluster.fresh()
    first, second, observer = Database(url), Database(url), Database(url)
    with ThreadPoolExecutor(1) as pool:
        with first.write() as running:
            wait_alone(running, "upgrade")
            begun = pool.submit(upgrade, second)
            ends_at = time.monotonic() + _NEVER
            waits = 0
            while not waits and not begun.done() and time.monotonic() < ends_at:
                running.execute(text("SELECT 1"))  # the server ends a transaction that is idle
                with observer.read() as connection:
                    waits = connection.execute(_WAITS).scalar_one()
            with observer.read() as connection:
                made = inspect(connection).get_table_names()
        begun.result(_NEVER)
    assert waits == 1
    assert made == [], "nothing is made while the first one may still make it"
    with observer.read() as connection:
        assert inspect(connection).has_table("orders")
    for database in (first, second, observer):
        database.close()
