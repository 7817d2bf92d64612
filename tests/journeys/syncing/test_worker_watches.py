"""A worker of a fleet watches the orders on visible pages: after a failure, too, and until it is stopped."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connector.workers import distributed
from connector.workers.distributed import FleetWorker
from connector.workers.visible_orders import VisibleOrdersWatch
from tests.journeys.world import Page, World

_NEVER = 60  # only ends a wait for what never comes


@pytest.mark.both_databases
def test_a_worker_watches_and_goes_on_after_the_database_was_away(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "TICK_SECONDS", 0)
    monkeypatch.setattr(distributed, "_AFTER_A_FAILURE_SECONDS", 0)
    watches: list[VisibleOrdersWatch] = []
    failed, asked, begin = threading.Event(), threading.Event(), VisibleOrdersWatch.begin

    def begun(watch: VisibleOrdersWatch, services: Any) -> int:
        watches.append(watch)
        if not failed.is_set():
            failed.set()
            raise OperationalError("select", {}, Exception("away"))
        return begin(watch, services)

    monkeypatch.setattr(VisibleOrdersWatch, "begin", begun)
    world.client.get(f"/api/orders/{page.order_id}", headers=page.headers)
    world.clock.pass_by(seconds=10)
    world.org.before_query = asked.set
    worker = FleetWorker(world.services)
    thread = threading.Thread(target=worker.watch_visible_orders, daemon=True)
    thread.start()
    assert asked.wait(_NEVER)
    assert failed.is_set()
    worker.stopping.set()
    thread.join(_NEVER)
    assert not thread.is_alive()
    assert watches[0].stop(within=_NEVER)
