"""What the queue of wake-ups does to others when a process is paused, or its database vanishes, in the middle of its use."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from foundation.database.database import Database
from foundation.database.postgres.jobs import Jobs, upgrade_jobs, worker_connector
from tests.databases.postgres import Cluster


@pytest.fixture(scope="module")
def url(cluster: Cluster) -> str:
    """A database with the queue's tables."""
    url = cluster.fresh()
    database = Database(url)
    upgrade_jobs(database)
    database.close()
    return url


@pytest.fixture
def waker(url: str) -> Iterator[Jobs]:
    waker = Jobs(url)
    yield waker
    waker.close()


def test_a_wake_up_is_queued_by_one_statement_after_which_nobody_waits_for_its_process(
    url: str, waker: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may be paused between a statement and its commit: whoever queues the same would wait as long."""
    before_commits: list[TransactionStatus] = []
    commit = psycopg.Connection.commit

    def noted(connection: psycopg.Connection[Any]) -> None:
        before_commits.append(connection.info.transaction_status)
        commit(connection)

    with psycopg.connect(url) as other, monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "commit", noted)
        waker.wake_push("acme")
        query = "SELECT task_name FROM procrastinate.procrastinate_jobs"
        assert other.execute(query).fetchall() == [("push",)]
    assert TransactionStatus.INTRANS not in before_commits


def test_a_worker_does_not_wait_for_a_database_that_is_away_before_it_tries_again() -> None:
    """The pool tries for ten seconds; who waits for its first connection would wait for thirty, whatever comes back meanwhile."""

    async def opened() -> None:
        connector = worker_connector("postgresql://nobody@127.0.0.1:1/nothing", connections=1)
        try:
            await asyncio.wait_for(connector.open_async(), 5)
        finally:
            await connector.close_async()

    asyncio.run(opened())


def test_a_server_that_vanished_is_noticed_within_seconds(
    url: str, waker: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a failover no process waits for the answer of a server that is not there any more."""
    connected: list[dict[str, Any]] = []
    connect = psycopg.Connection.connect
    connect_async = psycopg.AsyncConnection.connect

    def noted(*args: Any, **options: Any) -> Any:
        connected.append(options)
        return connect(*args, **options)

    async def noted_async(*args: Any, **options: Any) -> Any:
        connected.append(options)
        return await connect_async(*args, **options)

    async def asked() -> None:
        connector = worker_connector(url, connections=1)
        await connector.open_async()
        await connector.execute_query_async("SELECT 1")
        await connector.close_async()

    monkeypatch.setattr(psycopg.Connection, "connect", noted)
    monkeypatch.setattr(psycopg.AsyncConnection, "connect", noted_async)
    waker.wake_push("other")
    asyncio.run(asked())
    assert len(connected) == 2
    assert {(one["tcp_user_timeout"], one["keepalives_idle"]) for one in connected} == {(15_000, 5)}
