"""Workers read orders: those with an old total before a push, those on visible pages; after a failure, and until stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connector.journeys.examining import run_due_checks
from connector.store.health import due_checks
from connector.store.orders import visible_orders
from connector.workers import fleet_worker
from connector.workers.embedded_workers import EmbeddedWorkers
from connector.workers.fleet_worker import FleetWorker
from connector.workers.visible_orders import VisibleOrdersWatch
from tests.captured_logs import capture_logs
from tests.journeys.world import Page, World

_NEVER = 60  # only ends a wait for what never comes


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the one process of a deployment without a fleet
def test_the_one_process_reads_one_old_total_after_the_other(world: World) -> None:
    workers = EmbeddedWorkers(world.services)  # never started: single steps of its push are all we want
    for _ in range(2):
        page = world.open(world.order())
        link = world.sent(page)
        world.settle()
        world.clock.pass_by(minutes=2)
        world.told(link, "PAYMENT_RECEIVED")
        world.clock.pass_by(seconds=5)
        steps = 0
        while workers.push_once() and (steps := steps + 1) < _NEVER:
            world.clock.pass_by(seconds=1)
        assert 0 < steps < _NEVER, "it pauses when nothing is left to do"
        assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert workers.stop(within=_NEVER)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_one_process_runs_the_checks_that_are_due_until_it_is_told_to_stop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on: list[Callable[[], bool]] = []
    begun, told = threading.Event(), threading.Event()

    def run(*, examiner: object, going: Callable[[], bool]) -> None:
        del examiner
        goes_on.append(going)
        assert going()
        begun.set()
        assert told.wait(_NEVER)

    monkeypatch.setattr(run_due_checks, "run_due_checks", run)
    with world.services.store.write() as work:
        due_checks.request_checks(work, "acme", ["core_key"], at=world.clock())
    workers = EmbeddedWorkers(world.services)
    world.clock.pass_by(seconds=10)
    workers.start()
    assert begun.wait(_NEVER)
    workers.begin_to_stop()
    assert not goes_on[0](), "no further check is begun"
    told.set()
    assert workers.stop(within=_NEVER)


@pytest.mark.both_databases
def test_a_worker_watches_and_goes_on_after_the_database_was_away(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_worker, "TICK_SECONDS", 0)
    monkeypatch.setattr(fleet_worker, "_AFTER_A_FAILURE_SECONDS", 0)
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


def test_a_stop_waits_for_orgs_that_are_asked_and_not_for_those_whose_turn_never_came(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()
    tenants = SimpleNamespace(by_id=lambda _: None if answer.wait(_NEVER) else pytest.fail("nobody answered"))
    services: Any = SimpleNamespace(store=SimpleNamespace(read=nullcontext, tenants=tenants), now=lambda: None)
    monkeypatch.setattr(visible_orders, "due_tenants", lambda *_, **__: [f"tenant{number}" for number in range(40)])
    watch = VisibleOrdersWatch()
    assert watch.begin(services) == 40, "more than are asked at once"
    assert not watch.stop(within=0)
    answer.set()
    assert watch.stop(within=_NEVER)


def test_an_org_whose_orders_could_not_be_asked_about_is_named_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the outcome of such a question, so only the log can tell of a fault of ours."""

    def by_id(_: str) -> None:
        raise ValueError("a fault of ours")

    services: Any = SimpleNamespace(store=SimpleNamespace(read=nullcontext, tenants=SimpleNamespace(by_id=by_id)))
    services.now = lambda: None
    monkeypatch.setattr(visible_orders, "due_tenants", lambda *_, **__: ["acme"])
    watch = VisibleOrdersWatch()
    assert watch.begin(services) == 1
    ends_at = time.monotonic() + _NEVER
    with capture_logs() as logs:
        while watch.begin(services) == 0 and time.monotonic() < ends_at:
            time.sleep(0.01)  # it is asked again once it has ended
    assert [(line["event"], line["tenant"], line["error"]) for line in logs] == [
        ("orders_not_watched", "acme", "ValueError")
    ]
    assert watch.stop(within=_NEVER)
