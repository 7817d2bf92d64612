"""Loops go on after a failure, are woken, and leave nothing leased."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from foundation.database.postgres import stuck_sessions
from foundation.database.postgres.stuck_sessions import StuckSessions
from foundation.log import request_id
from payment_core import metrics
from payment_core.services import Core
from payment_core.store import leases
from payment_core.store.schema.tables import metadata, webhooks, workers
from payment_core.workers.loops import Loops
from payment_core.workers.steps import Step, steps

LONG = 60.0


@pytest.fixture
def started() -> Iterator[list[Loops]]:
    loops: list[Loops] = []
    yield loops
    for one in loops:
        one.stop(within=LONG)


def _leased(core: Core, lease: str) -> None:
    with core.transactions.write() as work:
        row = {
            "merchant_id": "m", "provider": "p", "event_id": lease, "body": b"", "received_at": core.now(), "attempts": 1,
            "due_at": core.now(), "lease": lease, "lease_until": core.now() + timedelta(minutes=2),
        }  # fmt: skip
        work.connection.execute(insert(webhooks).values(row))


def _leases(core: Core) -> set[str | None]:
    with core.transactions.read() as work:
        return set(work.connection.execute(select(webhooks.c.lease)).scalars())


def test_a_step_that_fails_is_tried_again_and_stops_no_other(core: Core, started: list[Loops]) -> None:
    failed, done = threading.Event(), threading.Event()

    def fail(_: Core) -> int:
        if failed.is_set():
            done.set()
        failed.set()
        raise RuntimeError("not this time")

    wake, other = threading.Event(), threading.Event()
    loops = Loops(core, [Step("fails", fail, wake), Step("works", lambda _: other.set() or 0, threading.Event())])
    started.append(loops)
    loops.start()
    assert failed.wait(LONG)
    assert other.wait(LONG)
    wake.set()
    assert done.wait(LONG)
    assert loops.stop(within=LONG)
    failures = metrics.registry.counts(metrics.STEPS_FAILED)
    assert failures["fails",] >= 2, "a fleet whose work stands still is seen in its figures"
    assert ("works",) not in failures


def test_what_was_done_is_a_reason_to_look_again_at_once(core: Core, started: list[Loops]) -> None:
    left, empty = [3], threading.Event()

    def work(_: Core) -> int:
        left[0] -= 1
        if left[0] < 0:
            empty.set()
        return max(0, left[0] + 1)

    # Nothing wakes it, and it would pause for as long as the test may last.
    loops = Loops(core, [Step("works", work, threading.Event())], pause_seconds=LONG)
    started.append(loops)
    loops.start()
    assert empty.wait(LONG)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_what_one_run_of_a_step_logs_is_told_apart_from_the_next(core: Core, started: list[Loops]) -> None:
    ids: list[str] = []
    done = threading.Event()

    def work(_: Core) -> int:
        ids.append(request_id())
        if len(ids) == 2:
            done.set()
        return len(ids) < 2

    loops = Loops(core, [Step("works", work, threading.Event())], pause_seconds=LONG)
    started.append(loops)
    loops.start()
    assert done.wait(LONG)
    assert len(set(ids)) == 2


def test_a_start_and_a_stop_release_what_a_process_of_this_name_holds(core: Core) -> None:
    # On SQLite there is no other process; in a fleet the other one goes on.
    free: set[str | None] = {None, "another.1"} if core.settings.is_fleet else {None}
    _leased(core, f"{core.owner}.1")
    _leased(core, "another.1")
    loops = Loops(core, [Step("works", lambda _: 0, threading.Event())], pause_seconds=LONG)
    loops.start()
    assert _leases(core) == free, "the one before died"
    _leased(core, f"{core.owner}.2")
    assert loops.stop(within=LONG)
    assert _leases(core) == free


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_stop_that_comes_too_early_for_a_step_says_so(core: Core, started: list[Loops]) -> None:
    """By it a worker knows that its process has to be ended under a call that goes on."""
    begun, answered = threading.Event(), threading.Event()

    def ask(_: Core) -> int:
        begun.set()
        assert answered.wait(LONG)
        return 0

    loops = Loops(core, [Step("asks", ask, threading.Event())])
    started.append(loops)
    loops.start()
    assert begun.wait(LONG)
    assert not loops.stop(within=0)
    answered.set()
    assert loops.stop(within=LONG)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_stop_waits_for_what_steps_left_under_way_and_says_whether_it_ended(core: Core) -> None:
    waited: list[float] = []

    def finish(within: float) -> bool:
        waited.append(within)
        return False

    quick = Step("quick", lambda _: 0, threading.Event())
    assert not Loops(core, [quick, Step("couriers", lambda _: 0, threading.Event(), finish=finish)]).stop(within=LONG)
    assert 0 < waited[0] <= LONG


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_step_that_is_alone_has_one_thread_however_many_the_others_have(core: Core, started: list[Loops]) -> None:
    bells = [threading.Event(), threading.Event()]
    several = [Step("alone", lambda _: 0, bells[0]), Step("shared", lambda _: 0, bells[1], alone=False)]
    loops = Loops(core, several, threads=2, pause_seconds=LONG)
    started.append(loops)
    loops.start()
    running = {thread.name for thread in threading.enumerate()}
    assert running & {"alone-0", "alone-1", "shared-0", "shared-1"} == {"alone-0", "shared-0", "shared-1"}


class Pause(threading.Event):
    """A step's bell that says when its loop has begun to wait for it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.has_rung = False

    def wait(self, timeout: float | None = None) -> bool:
        self.has_rung |= self.is_set()
        self.begun.set()
        return super().wait(timeout)


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_stop_wakes_a_loop_in_the_middle_of_its_pause(core: Core) -> None:
    pause = Pause()
    loops = Loops(core, [Step("works", lambda _: 0, pause)], pause_seconds=60 * LONG)
    loops.start()
    assert pause.begun.wait(LONG)
    assert loops.stop(within=LONG), "a deployment would wait for each pause"


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_a_bell_wakes_a_loop_once(core: Core, started: list[Loops]) -> None:
    """One that went on ringing would keep a processor busy with nothing to do."""
    bell = Pause()
    bell.set()
    loops = Loops(core, [Step("works", lambda _: 0, bell)], pause_seconds=60 * LONG)
    started.append(loops)
    loops.start()
    assert bell.begun.wait(LONG)
    assert not bell.has_rung


def test_a_fleets_worker_gives_a_sign_of_life_until_it_ends(core: Core) -> None:
    with core.transactions.write() as work:
        leases.sign_of_life(work, "dead", now=core.now() - timedelta(days=2))
        leases.sign_of_life(work, "silent", now=core.now() - timedelta(minutes=2))
        leases.sign_of_life(work, "alive", now=core.now())
        leases.sign_of_life(work, "alive", now=core.now())
        assert leases.living(work, now=core.now()) == 1
        assert set(work.connection.execute(select(workers.c.owner)).scalars()) == {"silent", "alive"}
        leases.release_owner(work, "alive")
        assert leases.living(work, now=core.now()) == 0


def test_the_workers_of_a_fleet_look_for_sessions_that_hold_them_up(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Event()
    monkeypatch.setattr(StuckSessions, "end", lambda _: looked.set())
    monkeypatch.setattr(stuck_sessions, "_EVERY_SECONDS", 0.01)
    loops = Loops(core, [])
    loops.start()
    assert looked.wait(LONG if core.settings.is_fleet else 0) is core.settings.is_fleet
    assert loops.stop(within=LONG)


def test_every_table_with_a_lease_is_released() -> None:
    assert {one.name for one in metadata.tables.values() if "lease" in one.c} == {one.name for one in leases.CLAIMED}


def test_the_steps_of_a_process_run_on_an_empty_database(core: Core) -> None:
    assert [step.run(core) for step in steps(core)] == [0] * len(steps(core))


@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_each_step_is_woken_by_what_was_made_for_it_and_the_rest_by_time_alone(core: Core) -> None:
    found: dict[str, Any] = {one.name: one for one in steps(core)}
    bells = {"messages": core.wake.messages, "webhooks": core.wake.webhooks, "payments": core.wake.payments}
    bells["deliveries"] = core.wake.deliveries
    assert {name: one.wake for name, one in found.items() if one.wake in vars(core.wake).values()} == bells
    by_time = {"fates", "replies", "reports", "moves", "reviews", "expiry", "erasure"}
    assert len({id(found[name].wake) for name in by_time}) == len(by_time)
    assert set(found) == {*bells, *by_time}
    # Rows of these are claimed one by one, so that several threads may.
    assert {name for name, one in found.items() if not one.alone} == {"messages", "webhooks", "payments"}
    couriers = found["deliveries"]
    assert couriers.finish.__self__ is couriers.run.__self__, "a stop waits for the very threads that deliver"
