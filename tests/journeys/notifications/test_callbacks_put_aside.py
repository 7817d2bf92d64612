"""What cannot be read, asked about or written just now waits by itself: it is not lost, and it stops nobody else."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Column, update

from callbacks import confirmation
from callbacks.drain import drain
from callbacks.per_tenant_executor import PerTenantExecutor
from connector.store.encryption.vault import TenantVault
from connector.store.schema.tables import inbox, tenants
from connector.workers.embedded_workers import EmbeddedWorkers
from connector.workers.sweeps import sweep_orders
from foundation.secret import Secret
from tests.journeys.world import Clock, Page, World, once

MINUTE = timedelta(minutes=1)


def shown(world: World, page: Page) -> str:
    found: str = world.look(page)["payment_requests"][0]["status"]
    return found


def told(world: World) -> list[tuple[str, str | None, str | None]]:
    return [(row["state"], row["verdict"], row["reason"]) for row in world.rows("inbox")]


def lose_key(world: World, column: Column[Any]) -> Callable[[], None]:
    """Seal the only value of a column with a key that we do not have; return what brings the old one back."""
    before = world.row(column.table.name)[column.name]
    lost = TenantVault([Secret(Fernet.generate_key().decode())])

    def put(value: bytes) -> None:
        with world.services.store.database.write() as connection:
            connection.execute(update(column.table).where(column == kept[-1]).values({column.name: value}))
        kept.append(value)
        world.services.store.tenants.forget()

    kept = [before]
    put(lost.seal("acme", b"{}"))
    return lambda: put(before)


# --- keys that are missing ----------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_body_that_no_key_opens_stops_nobody_and_is_applied_when_its_key_is_back(
    world: World, page: Page, link: dict[str, Any], lines: list[Any], clock: Clock
) -> None:
    other = world.open(world.order())
    paid = world.core.happen(world.sent(other), "PAYMENT_RECEIVED")
    world.callback(world.core.happen(link, "PAYMENT_LINK_CLICKED"), kind="transaction-status")
    bring_back = lose_key(world, inbox.c.body)
    world.callback(paid)
    assert world.drain() == 2
    assert shown(world, other) == "paid"
    assert sorted(told(world)) == [("done", "applied", None), ("postponed", "held", "encryption_key_missing")]
    (line,) = [line for line in lines if line["event"] == "callback_not_applied"]
    assert (line["tenant"], line["reason"]) == ("acme", "encryption_key_missing")
    for _ in range(12):
        clock.pass_by(minutes=10)
        assert world.drain() == 1
    bring_back()
    clock.pass_by(minutes=10)
    world.drain()
    assert told(world) == [("done", "applied", None)] * 2
    assert shown(world, world.open(page.order_id)) == "opened"


@pytest.mark.both_databases
def test_the_news_of_a_tenant_whose_secrets_no_key_opens_is_kept_until_they_are_opened(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    bring_back = lose_key(world, tenants.c.secrets)
    for _ in range(8):
        assert world.drain() == 1
        assert told(world) == [("postponed", "held", "encryption_key_missing")]
        clock.pass_by(minutes=10)
    bring_back()
    world.drain()
    assert told(world) == [("done", "applied", None)]
    assert shown(world, world.open(page.order_id)) == "paid"


def test_what_no_key_opens_is_looked_at_ever_more_seldom(world: World, link: dict[str, Any], clock: Clock) -> None:
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    lose_key(world, inbox.c.body)
    waits = []
    for _ in range(12):
        world.drain()
        waits.append(world.row("inbox")["due_at"] - clock())
        clock.at += waits[-1]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] == 10 * MINUTE


# --- writes that fail ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a trigger is written otherwise elsewhere
def test_settings_that_cannot_be_written_hold_no_money_back_and_are_read_again(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.callback(b'{"event": "KEY_ADDED"}', kind="settings")
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON tenants BEGIN SELECT RAISE(ABORT, ''); END")
    assert world.drain() == 2
    assert shown(world, page) == "paid"
    (settings,) = [row for row in world.rows("inbox") if row["kind"] == "settings"]
    assert (settings["state"], settings["lease"]) == ("new", None)
    assert timedelta(0) < settings["due_at"] - clock() <= MINUTE, "not at once, which would fail as fast as it can"
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    clock.pass_by(minutes=1)
    world.drain()
    assert told(world) == [("done", "applied", None)] * 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a trigger is written otherwise elsewhere
def test_news_that_cannot_be_written_holds_back_none_that_came_with_it(world: World, clock: Clock) -> None:
    for _ in range(3):
        world.callback(world.core.happen(world.sent(world.open(world.order())), "PAYMENT_RECEIVED"))
    bad = world.rows("payment_requests")[1]["reference"]
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql(
            f"CREATE TRIGGER bad BEFORE UPDATE ON payment_requests WHEN NEW.reference = '{bad}' "
            "BEGIN SELECT RAISE(ABORT, ''); END"
        )
    assert world.drain() == 3
    paid = {row["reference"]: row["money"] == "paid" for row in world.rows("payment_requests")}
    assert (paid.pop(bad), set(paid.values())) == (False, {True})
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER bad")
    clock.pass_by(minutes=1)
    world.drain()
    assert told(world) == [("done", "applied", None)] * 3


# --- a core that lags behind ----------------------------------------------------------------------------------------------


def test_a_core_that_lags_behind_after_an_outage_is_still_believed_a_second_later(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    body = world.core.happen(dict(link), "PAYMENT_RECEIVED")  # told before its record shows it
    world.core.mute = True
    world.callback(body)
    for _ in range(8):
        world.drain()
        clock.pass_by(minutes=1)
    world.core.mute = False
    world.drain()
    assert told(world) == [("postponed", "awaiting confirmation", "core_says_otherwise")]
    world.core.happen(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=1)
    world.drain()
    assert shown(world, page) == "paid"


def test_news_that_waits_on_is_nothing_new_for_an_open_page(world: World, link: dict[str, Any], clock: Clock) -> None:
    """A page asks for its order again whenever its revision rises."""
    world.core.down = True
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    before, seen = world.row("orders")["revision"], []
    for _ in range(3):
        world.drain()
        seen.append(world.row("orders")["revision"])
        clock.pass_by(minutes=1)
    assert seen == [before + 1] * 3


def test_a_core_that_lags_behind_for_good_is_not_believed_after_an_outage_either(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    world.core.mute = True
    world.callback(world.core.happen(dict(link), "PAYMENT_RECEIVED"))
    for _ in range(3):
        world.drain()
        clock.pass_by(minutes=1)
    world.core.mute = False
    for lag in range(6):
        assert told(world)[0][0] == "postponed", lag
        world.drain()
        clock.pass_by(minutes=1)
    assert told(world) == [("buried", "anomaly", "core_says_otherwise")]


def test_news_of_an_org_that_is_gone_is_put_aside_and_stops_nobody(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    """As where an operator has deleted its row, or a backup is older than it."""
    world.callback(world.core.happen(link, "PAYMENT_LINK_CLICKED"))
    body = world.services.store.vault.seal("gone", json.dumps(link).encode())
    with world.services.store.database.write() as connection:
        connection.execute(update(inbox).values(tenant_id="gone", body=body))
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    assert world.drain() == 2
    assert sorted(told(world)) == [("buried", "orphan", "unknown_tenant"), ("done", "applied", None)]
    assert shown(world, page) == "paid"


# --- peers that hang -------------------------------------------------------------------------------------------------------


def test_a_core_that_used_up_the_time_of_a_round_is_asked_the_rest_in_the_next(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of these questions may take as long as a call may last, and the lease of all of them ends together."""
    for _ in range(3):
        world.callback(world.core.happen(world.sent(world.open(world.order())), "PAYMENT_RECEIVED"))
    seconds = itertools.chain([0.0, 9.9, 10.0], itertools.repeat(10.1))  # the round begins, and each question
    monkeypatch.setattr(confirmation, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    world.drain()
    waiting = [row["reason"] for row in world.rows("inbox") if row["verdict"] == "awaiting confirmation"]
    assert (len(world.core.questions), waiting) == (2, ["core_unreachable"])
    monkeypatch.undo()
    clock.pass_by(seconds=2)
    world.drain()
    assert [row["money"] for row in world.rows("payment_requests")] == ["paid"] * 3


def test_settings_are_asked_for_less_and_less_often_while_the_core_is_away(world: World, clock: Clock) -> None:
    world.callback({"changed": "channels"}, kind="settings")
    world.core.down = True
    waits = []
    for _ in range(4):
        world.drain()
        waits.append(world.row("inbox")["due_at"] - clock())
        clock.pass_by(seconds=waits[-1].total_seconds())
    assert waits == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    world.core.down = False
    world.drain()
    assert told(world) == [("done", "applied", None)]


def test_no_core_is_asked_more_than_eight_questions_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[int] = []

    def noted(*, max_workers: int, **options: Any) -> ThreadPoolExecutor:
        at_once.append(max_workers)
        return ThreadPoolExecutor(max_workers=max_workers, **options)

    monkeypatch.setattr(confirmation, "ThreadPoolExecutor", noted)
    for number in range(9):
        link = world.sent(world.open(world.order()), phone=f"2783123456{number}")
        world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    world.drain()
    assert at_once == [8]
    assert [row["money"] for row in world.rows("payment_requests")] == ["paid"] * 9


def test_a_question_that_breaks_holds_back_no_news_of_another_link(world: World, clock: Clock) -> None:
    def breaks() -> None:
        raise LookupError

    for _ in range(2):
        world.callback(world.core.happen(world.sent(world.open(world.order())), "PAYMENT_RECEIVED"))
    world.core.on_question = once(breaks)
    world.drain()
    assert sorted(row["money"] for row in world.rows("payment_requests")) == ["none", "paid"]
    clock.pass_by(minutes=1)
    world.drain()
    assert told(world) == [("done", "applied", None)] * 2


def test_several_news_in_one_body_are_each_asked_about(world: World) -> None:
    links = [world.sent(world.open(world.order())) for _ in range(2)]
    world.callback(json.dumps([world.core.happen(link, "PAYMENT_RECEIVED") for link in links]).encode())
    world.drain()
    assert [row["money"] for row in world.rows("payment_requests")] == ["paid"] * 2


def test_news_that_mentions_another_link_is_about_its_own_alone(world: World) -> None:
    own, other = (world.sent(world.open(world.order())) for _ in range(2))
    world.callback({**world.core.happen(own, "PAYMENT_RECEIVED"), "note": f"after {other['paymentLinkRef']}"})
    world.drain()
    assert (told(world), world.core.questions) == ([("done", "applied", None)], [own["paymentLinkRef"]])


def test_several_news_of_one_link_are_one_question(world: World, page: Page, link: dict[str, Any]) -> None:
    body = world.core.happen(link, "PAYMENT_RECEIVED")
    world.callback(body)
    world.callback({name: value for name, value in body.items() if name != "paymentLinkRef"})
    world.drain()
    assert len(world.core.questions) == 1
    assert sorted(verdict for _, verdict, _ in told(world) if verdict) == ["applied", "stale"]


def test_a_drain_that_found_nothing_waits_for_the_core_that_hangs(world: World, link: dict[str, Any]) -> None:
    """All that is due may be of tenants whose core is being asked: looking again at once would find nothing, again and again."""
    paused: list[float] = []

    class Noting(PerTenantExecutor):
        def pause(self, patience: float) -> None:
            paused.append(patience)

    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    assert (drain(world.services, Noting(), patience=30), paused) == (1, [])
    assert (drain(world.services, Noting(), patience=30), paused) == (0, [30])


@pytest.mark.both_databases
def test_two_drains_that_have_claimed_at_once_ask_a_tenants_core_one_after_the_other(
    world: World, clock: Clock
) -> None:
    first, second = (world.sent(world.open(world.order())) for _ in range(2))
    at_once, most = 0, 0

    def question() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.2)
        at_once -= 1

    def another_drain() -> None:
        world.callback(world.core.happen(second, "PAYMENT_RECEIVED"))
        assert drain(world.services, world.asking, patience=0) == 1

    def now() -> datetime:
        if [row["lease"] for row in world.rows("inbox")].count(None) == 0:
            between()  # the first has claimed, and asks nobody yet
        return clock()

    between = once(another_drain)
    world.core.on_question = question
    world.callback(world.core.happen(first, "PAYMENT_LINK_CLICKED"), kind="transaction-status")
    world.callback(world.core.happen(first, "PAYMENT_RECEIVED"))
    assert drain(replace(world.services, now=now), world.asking, patience=30) == 2
    assert [row["money"] for row in world.rows("payment_requests")] == ["paid", "paid"]
    assert most == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a fleet compares in a job of its own
def test_an_org_that_hangs_while_it_is_compared_keeps_no_sweep_waiting(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    sweep_orders(world.services)  # the first look at a tenant's orders only begins to follow them
    hangs, answers = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        assert answers.wait(90)

    world.org.before_query = hang
    workers = EmbeddedWorkers(world.services)
    clock.pass_by(seconds=61)
    workers.start()
    try:
        assert hangs.wait(30)
        world.core.happen(link, "PAYMENT_RECEIVED")  # and its callback is lost
        ends_at = time.monotonic() + 60
        while world.row("payment_requests")["money"] != "paid":
            assert time.monotonic() < ends_at, "nobody sweeps while an org hangs"
            clock.pass_by(seconds=61)  # again and again: a sweep may have asked just before the payment
            time.sleep(0.2)
    finally:
        answers.set()
        assert workers.stop(within=30)
