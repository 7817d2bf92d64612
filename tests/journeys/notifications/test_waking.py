"""Whoever has work to do is woken by what makes it, and need not wait until somebody looks by the clock."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from callbacks.drain import drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.services import FleetWork
from connector.store.outbox import outbox
from tests.factories import THANDI, notification
from tests.journeys.keys import KeyHolder
from tests.journeys.world import World


def pushes_queued_for(world: World) -> list[datetime | None]:
    """When the pushes that a fleet's workers were woken for shall begin; None: at once."""
    with world.services.store.database.read() as connection:
        query = "SELECT scheduled_at FROM procrastinate.procrastinate_jobs WHERE task_name = 'push' ORDER BY id"
        return list(connection.execute(text(query)).scalars())


def is_woken(world: World, task: str) -> bool:
    """Say whether somebody was woken since the last time: by an event in one process, by a job in a fleet."""
    work = world.services.work
    if not isinstance(work, FleetWork):
        event = work.inbox if task == "drain" else work.outbox
        was_set = event.is_set()
        event.clear()
        return was_set
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("SET LOCAL search_path = procrastinate")
        waiting = "DELETE FROM procrastinate_jobs WHERE task_name = :task AND scheduled_at IS NULL"
        return connection.execute(text(waiting), {"task": task}).rowcount > 0


def test_a_drain_is_woken_by_a_callback(world: World) -> None:
    link = world.sent(world.open(world.order()))
    assert not is_woken(world, "drain")
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    assert is_woken(world, "drain")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where an event can be waited for
def test_a_drain_is_woken_when_a_core_that_was_slow_has_answered(world: World) -> None:
    link, answers = world.sent(world.open(world.order())), threading.Event()
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.core.on_question = lambda: None if answers.wait(60) else pytest.fail("nobody let it answer")
    drain(world.services, world.asking, patience=0.01)
    world.services.work.inbox.clear()
    answers.set()
    assert world.services.work.inbox.wait(60)


def test_news_of_a_tenant_whose_core_is_being_asked_is_left_until_it_has_answered(world: World) -> None:
    """Its lease would run while it only waits, and another process could have begun it meanwhile."""
    links, answers = [world.sent(world.open(world.order())) for _ in range(2)], threading.Event()
    world.core.on_question = lambda: None if answers.wait(60) else pytest.fail("nobody let it answer")
    world.callback(world.core.happen(links[0], "PAYMENT_RECEIVED"))
    assert drain(world.services, world.asking, patience=0.01) == 1
    world.callback(world.core.happen(links[1], "PAYMENT_RECEIVED"))
    assert drain(world.services, world.asking, patience=0.01) == 0
    answers.set()
    world.asking.pause(60)
    assert drain(world.services, world.asking, patience=60) == 1
    assert [row["money"] for row in world.rows("payment_requests")] == ["paid"] * 2


class Pauses(PerTenantExecutor):
    """Notes how long a drain waits for the cores that are being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float] = []

    def pause(self, patience: float) -> None:
        self.waited.append(patience)


def test_a_drain_that_found_nothing_waits_for_the_cores_that_are_asked(world: World) -> None:
    """What is due may all belong to their tenants: a drain that looked again at once would look without end."""
    link, executor = world.sent(world.open(world.order())), Pauses()
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    assert [drain(world.services, executor, patience=30) for _ in range(2)] == [1, 0]
    assert executor.waited == [30]


def test_a_push_is_woken_by_money_and_not_by_news_that_is_none(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.settle()
    is_woken(world, "push")
    world.told(link, "PAYMENT_RECEIVED")
    assert is_woken(world, "push")
    world.settle()
    world.callback(notification(link, "PAYMENT_RECEIVED", at=world.clock()) | {"merchantName": "again"})
    world.drain()
    assert not is_woken(world, "push")


def test_a_push_is_woken_by_money_among_news_that_is_none(world: World) -> None:
    link = world.sent(world.open(world.order()))
    world.settle()
    is_woken(world, "push")
    paid = world.core.happen(link, "PAYMENT_RECEIVED")
    world.callback(paid)
    world.callback({**paid, "merchantName": "again"})
    world.drain()
    assert sorted(row["verdict"] for row in world.rows("inbox")[-2:]) == ["applied", "stale"]
    assert is_woken(world, "push")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_push_of_a_fleet_is_woken_for_when_news_that_can_wait_is_due_and_for_money_at_once(world: World) -> None:
    sent_at, link = world.clock(), world.sent(world.open(world.order()))
    assert pushes_queued_for(world) == [sent_at + outbox.MERGE_FOR]
    world.settle()
    world.told(link, "PAYMENT_RECEIVED")
    assert pushes_queued_for(world)[1:] == [None]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_link_that_was_sent_is_answered_so_though_no_worker_can_be_woken(
    world: World, monkeypatch: pytest.MonkeyPatch, lines: list[Any]
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("select", {}, Exception("away"))

    page = world.open(world.order())
    monkeypatch.setattr(outbox, "due_tenants", away)
    world.sent(page)
    assert [line["where"] for line in lines if line["event"] == "not_woken"] == ["push"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a job of a fleet is for what is due by then
@pytest.mark.parametrize("sender", ["a page", "a key", "a flow"])
def test_a_push_is_woken_by_whoever_sends(world: World, sender: str) -> None:
    order_id, key = world.order(), KeyHolder(world, "flow")
    page = world.open(order_id)
    world.settle()
    is_woken(world, "push")
    if sender == "a page":
        world.sent(page)
    elif sender == "a key":
        assert key.post("/api/payment-requests", {"channel": "sms", "order_id": order_id}).status_code == 201
    else:
        assert key.flow("send", order_id=order_id).json["outcome"] == "sent"
    assert is_woken(world, "push")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ("cancel", None),
        ("replace", None),
        ("refresh", None),
        ("release", None),
        ("copy-link", None),
        ("capture", "PAYMENT_AUTHORIZED"),
        ("reverse", "PAYMENT_RECEIVED"),
        ("send-receipt", "PAYMENT_RECEIVED"),
    ],
)
def test_a_push_is_woken_by_whatever_is_done_to_a_request(world: World, verb: str, told: str | None) -> None:
    world.tenant(policy={"copy_links": True})
    world.with_own_core()
    world.org.permissions = {THANDI.user_id: {f"Chat2Pay_{one}" for one in ("Send", "Capture", "Reverse", "Supervise")}}
    page = world.open(world.order())
    link = world.sent(page)
    if told:
        world.told(link, told)
    world.settle()
    is_woken(world, "push")
    path = f"/api/payment-requests/{world.row('payment_requests')['reference']}/{verb}"
    body = {"reason": "The core is down"} if verb == "release" else {}
    assert world.client.post(path, json=body, headers=page.headers).status_code == 200
    assert is_woken(world, "push")
