"""What only one worker of a fleet does at a time goes on when that worker is gone, is paused, or is too slow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet

from connector.store.encryption.vault import TenantVault
from connector.store.leasing import turns
from connector.store.schema.tables import turns as table
from foundation.database.database import Database
from foundation.database.postgres.jobs import worker_connector
from foundation.database.unit_of_work import Transactions
from foundation.secret import Secret
from tests.databases.postgres import Cluster

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Database]:
    """A database with nothing but the table of turns."""
    database = Database(cluster.fresh())
    table.create(database.engine)
    yield database
    database.close()


VAULT = TenantVault([Secret(Fernet.generate_key().decode())])


def _take(database: Database, lease: str, *, living: list[str], now: datetime = NOW) -> bool:
    with Transactions(database, VAULT).write() as work:
        until = now + timedelta(minutes=1)
        return turns.acquire(work, "sweep", lease=lease, until=until, living=living, now=now)


def test_a_free_turn_is_taken_by_one_of_two(database: Database) -> None:
    assert _take(database, "w1.a", living=["w1", "w2"])
    assert not _take(database, "w2.b", living=["w1", "w2"])


def test_a_worker_does_not_overtake_itself(database: Database) -> None:
    assert _take(database, "w1.a", living=["w1"])
    assert not _take(database, "w1.b", living=["w1"])


def test_a_turn_that_was_given_back_is_free(database: Database) -> None:
    assert _take(database, "w1.a", living=["w1", "w2"])
    with Transactions(database, VAULT).write() as work:
        turns.release(work, "w1.a")
    assert _take(database, "w2.b", living=["w1", "w2"])


def test_the_turn_of_a_worker_without_a_sign_of_life_is_taken_over(database: Database) -> None:
    assert _take(database, "w1.a", living=["w1", "w2"])
    assert _take(database, "w2.b", living=["w2"])


def test_a_turn_that_lasts_too_long_is_taken_over(database: Database) -> None:
    assert _take(database, "w1.a", living=["w1", "w2"])
    assert _take(database, "w2.b", living=["w1", "w2"], now=NOW + timedelta(minutes=1))


def test_who_was_overtaken_ends_nobody_elses_turn(database: Database) -> None:
    assert _take(database, "w1.a", living=["w1", "w2"])
    assert _take(database, "w2.b", living=["w2"])
    with Transactions(database, VAULT).write() as work:
        turns.release(work, "w1.a")
    assert not _take(database, "w3.c", living=["w2", "w3"])


def test_a_worker_that_is_paused_between_two_statements_of_the_job_queue_holds_none_of_its_rows(
    cluster: Cluster,
) -> None:
    async def look() -> tuple[bool, str]:
        connector = worker_connector(cluster.fresh(), connections=1)
        await connector.open_async()
        try:
            async with connector.pool.connection() as connection:
                limit: Any = await (await connection.execute("SHOW idle_in_transaction_session_timeout")).fetchone()
                return connection.autocommit, next(iter(limit.values())) if isinstance(limit, dict) else limit[0]
        finally:
            await connector.close_async()

    assert asyncio.run(look()) == (True, "10s")
