"""A worker of a fleet whose sign of life failed works again at once, whatever of its work still goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from procrastinate.manager import JobManager

from connector.services import Services, build_services
from connector.store.schema.migrate import upgrade
from connector.workers import fleet_worker
from connector.workers.fleet_worker import FleetWorker
from connector.workers.news_delivery import NewsDelivery
from foundation.clock import utc_now
from tests.factories import make_settings

_NEVER = 60  # only ends a wait for what never comes


@pytest.fixture
def services(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setattr(fleet_worker, "STOP_WITHIN_SECONDS", 0.1)
    monkeypatch.setattr(fleet_worker, "_HEARTBEAT_SECONDS", 0.1)
    made = build_services(make_settings(postgres_url, sweep_interval=1), now=utc_now)
    upgrade(made.store.database)
    yield made
    made.store.database.close()


def test_a_long_examination_does_not_keep_a_worker_from_working_after_a_missed_sign_of_life(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a failed heartbeat and the end of a job in a thread, the worker would take no other job."""
    begun, may_end, missed, works_again = (threading.Event() for _ in range(4))
    update = JobManager.update_heartbeat

    def endless(_: Services) -> None:
        begun.set()
        assert may_end.wait(_NEVER)

    async def beat(manager: JobManager, worker_id: int) -> None:
        if begun.is_set() and not missed.is_set():
            missed.set()
            raise ConnectionError("the database is away for a moment")
        await update(manager, worker_id)

    def deliver(*_: Any) -> int:
        if missed.is_set():
            works_again.set()
        return 0

    monkeypatch.setattr(fleet_worker, "sweep_orders", endless)
    monkeypatch.setattr(JobManager, "update_heartbeat", beat)
    monkeypatch.setattr(NewsDelivery, "deliver", deliver)
    worker = FleetWorker(services)

    async def run() -> bool:
        running = asyncio.create_task(worker.run())
        try:
            return await asyncio.to_thread(works_again.wait, _NEVER)
        finally:
            worker.stopping.set()
            may_end.set()
            running.cancel()

    assert asyncio.run(run())
