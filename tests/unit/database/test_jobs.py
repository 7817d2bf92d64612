"""Workers of a fleet are woken at most once for what one of them takes along, and nobody fails because none can be woken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import procrastinate
import psycopg
import psycopg_pool
import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.testing import InMemoryConnector

from foundation.database.postgres import jobs
from foundation.database.postgres.jobs import DRAIN, LINGER_SECONDS, PUSH, Jobs, owner_of

SOON = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Clock:
    """Seconds that pass as a test says."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(jobs, "time", made)
    return made


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> InMemoryConnector:
    """The job queue, in memory."""
    made = InMemoryConnector()
    monkeypatch.setattr(procrastinate, "SyncPsycopgConnector", lambda **_: made)
    return made


def queued(queue: InMemoryConnector) -> list[tuple[Any, ...]]:
    """Return task, lock, time and arguments of each job that waits."""
    waiting = [one for one in queue.jobs.values() if one["status"] == "todo"]
    return [(one["task_name"], one["queueing_lock"], one["scheduled_at"], one["args"]) for one in waiting]


def test_a_drain_is_asked_for_once_for_all_that_it_finds(queue: InMemoryConnector, clock: Clock) -> None:
    """A drain lingers for a moment: who stored something within a quarter of that is seen by the same one."""
    waker = Jobs("postgresql://x")
    waker.wake_drain()
    assert queued(queue) == [(DRAIN, DRAIN, None, {})]
    queue.jobs.clear()
    clock.seconds += LINGER_SECONDS / 4 - 0.001
    waker.wake_drain()
    assert queued(queue) == []
    clock.seconds += 0.002
    waker.wake_drain()
    waker.wake_drain()
    assert len(queued(queue)) == 1
    clock.seconds += LINGER_SECONDS
    waker.wake_drain()
    assert len(queued(queue)) == 1, "it waits already, and is no fault"


def test_a_push_is_asked_for_by_tenant_now_and_for_later_beside_it(queue: InMemoryConnector) -> None:
    waker = Jobs("postgresql://x")
    for tenant_id in ("acme", "acme", "other"):
        waker.wake_push(tenant_id)
    for _ in range(2):
        waker.wake_push("acme", at=SOON)
    assert queued(queue) == [
        (PUSH, "push:acme", None, {"tenant_id": "acme"}),
        (PUSH, "push:other", None, {"tenant_id": "other"}),
        (PUSH, "push-later:acme", SOON, {"tenant_id": "acme"}),
    ]


@pytest.mark.parametrize(
    "fault", [ConnectorException(), psycopg.OperationalError(), psycopg_pool.PoolTimeout()], ids=repr
)
def test_a_worker_that_cannot_be_woken_costs_a_line_of_the_log(
    queue: InMemoryConnector, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    """What was stored is found by the next sweep."""

    def away(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(queue, "defer_jobs_all", away)
    waker = Jobs("postgresql://x")
    waker.wake_push("acme")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["where"], line["error"]) == ("not_woken", PUSH, type(fault).__name__)


def test_connections_are_opened_by_the_first_that_needs_them(
    queue: InMemoryConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(queue, "open", lambda *_: opened.append(1))
    waker = Jobs("postgresql://x")
    assert opened == []
    waker.wake_push("acme")
    waker.wake_push("other")
    assert opened == [1]


def test_a_lease_names_its_worker() -> None:
    assert owner_of(7) == "w7"
