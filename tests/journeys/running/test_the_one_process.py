"""The loops of the one process of a small deployment: what fails is tried again, what is done pauses, what hangs is told."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from callbacks.per_tenant_executor import PerTenantExecutor
from connector.services import Services
from connector.workers import embedded_workers
from connector.workers.embedded_workers import EmbeddedWorkers
from connector.workers.news_delivery import NewsDelivery
from connector.workers.visible_orders import VisibleOrdersWatch
from foundation.log import request_id
from tests.journeys.verbs import Died, die
from tests.journeys.world import World

_NEVER = 60  # only ends a wait for what never comes
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Wake(threading.Event):
    """What wakes a loop, and knows that the loop waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_for = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        """Note it and wait."""
        self.waited_for.set()
        return super().wait(timeout)


@pytest.fixture
def inbox(world: World) -> Wake:
    """What wakes the drain."""
    world.services.work.inbox = wake = Wake()
    return wake


def test_a_loop_pauses_after_a_step_that_fails_and_then_goes_on(
    world: World, inbox: Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = threading.Event()

    def drain(*_: Any) -> int:
        if not inbox.waited_for.is_set():
            raise OperationalError("select", {}, Exception("away"))
        again.set()
        return 0

    monkeypatch.setattr(embedded_workers, "drain", drain)
    workers = EmbeddedWorkers(world.services)
    workers.start()
    assert inbox.waited_for.wait(_NEVER)
    inbox.set()
    assert again.wait(_NEVER)
    assert workers.stop(within=_NEVER)


def test_a_loop_goes_on_while_there_is_work_and_pauses_when_there_is_none(
    world: World, inbox: Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused_before: list[bool] = []

    def drain(*_: Any) -> int:
        paused_before.append(inbox.waited_for.is_set())
        return int(len(paused_before) < 3)

    monkeypatch.setattr(embedded_workers, "drain", drain)
    workers = EmbeddedWorkers(world.services)
    workers.start()
    assert inbox.waited_for.wait(_NEVER)
    assert workers.stop(within=_NEVER)
    assert paused_before[:3] == [False] * 3


def test_what_one_drain_logs_is_told_apart_from_the_next_in_whatever_thread(
    world: World, inbox: Wake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its questions to the core run in threads of their own."""
    ids: list[list[str]] = []

    def drain(_services: Services, tenants: PerTenantExecutor) -> int:
        asked: list[str] = []
        tenants.ask({"acme": lambda: asked.append(request_id())}, patience=_NEVER, then=lambda: None)
        ids.append([request_id(), *asked])
        return int(len(ids) < 2)

    monkeypatch.setattr(embedded_workers, "drain", drain)
    workers = EmbeddedWorkers(world.services)
    workers.start()
    assert inbox.waited_for.wait(_NEVER)
    assert workers.stop(within=_NEVER)
    first, second, *_ = ids
    assert first[0] == first[1] != second[0] == second[1]


def test_the_first_checks_of_peers_wait_until_the_server_has_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, checked = threading.Event(), threading.Event()

    def now() -> datetime:
        if threading.current_thread().name.startswith("health"):
            looked.set()
        return world.clock()

    monkeypatch.setattr(embedded_workers, "run_checks_by_day", lambda *_, **__: checked.set())
    workers = EmbeddedWorkers(replace(world.services, now=now))
    workers.start()
    assert looked.wait(_NEVER)
    assert workers.stop(within=_NEVER)
    assert not checked.is_set()


def test_a_start_takes_at_once_what_the_process_before_had_claimed(world: World) -> None:
    asked = threading.Event()
    link = world.sent(world.open(world.order()))
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.core.on_question = die
    with pytest.raises(Died):
        world.drain()
    world.core.on_question = asked.set
    workers = EmbeddedWorkers(world.services)
    workers.start()
    assert asked.wait(_NEVER)
    assert workers.stop(within=_NEVER)


def test_a_stop_gives_back_what_is_still_claimed(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.core.on_question = die
    with pytest.raises(Died):
        world.drain()
    assert world.row("inbox")["lease"] is not None
    assert EmbeddedWorkers(world.services).stop(within=0)
    assert (world.row("inbox")["lease"], world.row("inbox")["due_at"]) == (None, world.clock())


@pytest.mark.parametrize("part", [PerTenantExecutor, NewsDelivery, VisibleOrdersWatch])
def test_a_stop_says_so_where_a_call_has_not_ended(
    world: World, monkeypatch: pytest.MonkeyPatch, part: type[Any]
) -> None:
    stop = part.stop
    monkeypatch.setattr(part, "stop", lambda self, *, within: stop(self, within=within) and self is None)
    assert not EmbeddedWorkers(world.services).stop(within=0)
    monkeypatch.setattr(part, "stop", stop)
    assert EmbeddedWorkers(world.services).stop(within=0)


@pytest.mark.parametrize("ended", [(False, True), (True, False)], ids=["a core is asked", "an org is told news"])
def test_a_stop_looks_at_the_calls_to_cores_and_at_those_of_news(
    world: World, monkeypatch: pytest.MonkeyPatch, ended: tuple[bool, bool]
) -> None:
    answers = iter(ended)
    monkeypatch.setattr(PerTenantExecutor, "stop", lambda _self, *, within: within == 0 and next(answers))
    assert not EmbeddedWorkers(world.services).stop(within=0)
