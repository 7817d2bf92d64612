"""Several workers deliver at once: each lane in its order and by one only, and what hangs holds up nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from payment_core.domain.merchant import Merchant
from payment_core.journeys.notifying.deliver_notifications import AT_ONCE_PER_APPLICATION, LEASE, Deliverer
from payment_core.journeys.notifying.replay_notifications import replay_notifications
from payment_core.journeys.notifying.silent_applications import ASKED_EVERY_SECONDS, SILENT_AFTER
from payment_core.services import Core
from payment_core.store import applications
from payment_core.store.deliveries import delivery_list
from payment_core.store.deliveries.deliveries import Answer
from payment_core.store.deliveries.delivery_list import DeliveryFilter
from tests.captured_logs import capture_logs
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.fakes import MovableClock
from tests.payment_core.notifying.couriers import ScriptedCourier, queue

MOST = timedelta(seconds=LEASE.total_seconds() * 0.8)
EVENTS = ("first", "second", "third", "fourth")


@pytest.fixture
def courier() -> Iterator[ScriptedCourier]:
    made = ScriptedCourier()
    yield made
    made.released.set()


@pytest.fixture
def carried(core: Core, courier: ScriptedCourier) -> Core:
    """The core with a courier in memory."""
    return replace(core, courier=courier)  # type: ignore[arg-type]


@pytest.fixture
def workers(courier: ScriptedCourier, clock: MovableClock) -> Iterator[tuple[Deliverer, Deliverer]]:
    def seconds() -> float:
        return clock().timestamp()

    with ThreadPoolExecutor(16) as one, ThreadPoolExecutor(16) as two:
        yield Deliverer(one, owner="one", clock=seconds), Deliverer(two, owner="two", clock=seconds)
        courier.released.set()


def counted(core: Core) -> dict[str, int]:
    with core.transactions.read() as work:
        return delivery_list.counted(work)


def begun_by(worker: Deliverer, core: Core) -> int:
    """Let a worker go on until it begins nothing more; return how many attempts it made."""
    begun = 0
    while now := worker.run(core):
        assert worker.finish(60)
        begun += now
    return begun


def test_two_workers_keep_every_lane_in_order_and_to_one_of_them(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer]
) -> None:
    lanes = [f"lane {number}" for number in range(12)]
    for lane in lanes:
        queue(carried, lane, *EVENTS)
    begun: dict[Deliverer, int] = dict.fromkeys(workers, 0)

    def work_until_done(worker: Deliverer) -> None:
        while counted(carried)["pending"]:
            begun[worker] += worker.run(carried)
        worker.finish(60)

    threads = [threading.Thread(target=work_until_done, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert courier.overlaps == []
    assert courier.sent == {lane: list(EVENTS) for lane in lanes}
    assert counted(carried)["delivered"] == sum(begun.values()) == len(lanes) * len(EVENTS)


def test_a_lease_is_kept_while_a_slow_receiver_answers(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    slow, other = workers
    courier.hangs = {APPLICATION.application_id}
    queue(carried, "lane", "first", "second")
    assert slow.run(carried) == 1
    courier.wait_for(1)
    for _ in range(3):
        clock.move(seconds=MOST.total_seconds())
        assert slow.run(carried) == 0
        assert other.run(carried) == 0
    courier.released.set()
    assert slow.finish(60)
    assert other.run(carried) == 1
    assert other.finish(60)
    assert (courier.sent["lane"], courier.overlaps) == (["first", "second"], [])


def test_what_a_dead_worker_had_is_taken_over_and_its_late_answer_counts_for_nothing(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    dead, heir = workers
    courier.hangs = {APPLICATION.application_id}
    queue(carried, "lane", "first")
    dead.run(carried)
    courier.wait_for(1)
    clock.move(seconds=LEASE.total_seconds() + 1)
    courier.hangs = set()
    assert heir.run(carried) == 1
    assert heir.finish(60)
    courier.answers = [Answer(500, "too late", None, 1)]
    courier.released.set()
    assert dead.finish(60)
    with carried.transactions.read() as work:
        (one,) = delivery_list.listed(work)
    assert (one["state"], [attempt["status"] for attempt in one["attempts"]]) == ("delivered", [200])


def test_what_a_worker_still_delivers_it_does_not_begin_again_after_another_has_failed_at_it(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    slow, other = workers
    courier.hangs = {APPLICATION.application_id}
    queue(carried, "lane", "first")
    slow.run(carried)
    courier.wait_for(1)
    clock.move(seconds=LEASE.total_seconds() + 1)
    courier.hangs, courier.answers = set(), [Answer(503, "away", None, 1)]
    assert other.run(carried) == 1
    assert other.finish(60)
    clock.move(minutes=1)
    assert slow.run(carried) == 0


def test_a_receiver_that_hangs_holds_up_its_own_application_only(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer]
) -> None:
    other = replace(APPLICATION, application_id=str(uuid4()), name="Other")
    with carried.transactions.write() as work:
        applications.save(work, other, now=carried.now())
    for number in range(AT_ONCE_PER_APPLICATION * 3):
        queue(carried, f"hangs {number}", "first")
    courier.hangs = {APPLICATION.application_id}
    worker = workers[0]
    while worker.run(carried):
        pass
    courier.wait_for(AT_ONCE_PER_APPLICATION)
    for number in range(5):
        queue(carried, f"other {number}", "first", application=other)
    assert worker.run(carried) == 5
    courier.wait_for(5)
    assert not worker.finish(0), "the hanging ones are still under way"
    assert sum(lane.startswith("hangs") for lane in courier.sent) == AT_ONCE_PER_APPLICATION
    courier.released.set()
    assert worker.finish(60)


def test_a_lane_waits_with_its_first(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    queue(carried, "lane", "first", "second")
    courier.answers = [Answer(503, "away", None, 1)] * 2
    for _ in range(2):
        workers[0].run(carried)
        assert workers[0].finish(60)
        with carried.transactions.read() as work:
            first, second = delivery_list.listed(work)
        assert first["next_attempt_at"] == second["next_attempt_at"]
        clock.move(minutes=1)
    for _ in range(2):
        workers[1].run(carried)
        assert workers[1].finish(60)
    assert courier.sent["lane"] == ["first", "first", "first", "second"]


def test_the_next_of_a_lane_waits_for_no_sweep(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer]
) -> None:
    courier.hangs = {APPLICATION.application_id}
    queue(carried, "lane", "first", "second")
    assert workers[0].run(carried) == 1
    courier.wait_for(1)
    carried.wake.deliveries.clear()
    courier.released.set()
    assert carried.wake.deliveries.wait(60), "whoever delivers is woken by the end of the attempt"


def test_what_a_person_sends_again_waits_for_no_sweep(
    carried: Core, merchant: Merchant, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer]
) -> None:
    queue(carried, "lane", "first")
    assert begun_by(workers[0], carried) == 1
    carried.wake.deliveries.clear()
    assert replay_notifications(carried, merchant, DeliveryFilter(merchant.merchant_id), by="Thandi") == 1
    assert carried.wake.deliveries.is_set()
    assert begun_by(workers[0], carried) == 1
    assert courier.sent["lane"] == ["first", "first"]


def test_of_three_days_of_attempts_the_first_and_the_latest_are_kept(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    queue(carried, "lane", "first")
    courier.answers = [Answer(503, "away", None, 1)] * 40
    for _ in range(40):
        workers[0].run(carried)
        assert workers[0].finish(60)
        clock.move(minutes=1)
    with carried.transactions.read() as work:
        (one,) = delivery_list.listed(work)
    assert [attempt["number"] for attempt in one["attempts"]] == [*range(1, 6), *range(21, 41)]


def test_an_application_that_is_away_is_asked_once_a_second_whatever_waits_for_it_and_gets_all_when_it_is_back(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    lanes = [f"lane {number}" for number in range(60)]
    for lane in lanes:
        queue(carried, lane, "news")
    courier.answers = [Answer(503, "", None, 1)] * 1000
    with capture_logs() as logs:
        assert SILENT_AFTER <= begun_by(workers[0], carried) < SILENT_AFTER + AT_ONCE_PER_APPLICATION
        for _ in range(3):
            clock.move(seconds=ASKED_EVERY_SECONDS)
            assert begun_by(workers[0], carried) == 1
    named = [one["where"] for one in logs if one["event"] == "application_silent"]
    assert named == [APPLICATION.application_id], "once, for whoever watches the log"
    courier.answers = []
    clock.move(minutes=1)
    assert begun_by(workers[0], carried) == len(lanes)
    assert counted(carried)["delivered"] == len(lanes)


@pytest.mark.parametrize(("failures", "at_once"), [(SILENT_AFTER - 1, 5), (SILENT_AFTER, 0)])
def test_an_application_counts_as_away_from_its_tenth_failure_in_a_row(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], failures: int, at_once: int
) -> None:
    courier.answers = [Answer(503, "away", None, 1)] * failures
    for number in range(failures):
        queue(carried, f"lane {number}", "news")
    assert begun_by(workers[0], carried) == failures
    for number in range(5):
        queue(carried, f"new {number}", "news")
    assert workers[0].run(carried) == at_once
    assert workers[0].finish(60)


def test_what_an_application_never_takes_does_not_hold_up_new_news_of_money(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], clock: MovableClock
) -> None:
    courier.fails = {"delivered"}
    for number in range(2 * SILENT_AFTER):
        queue(carried, f"message {number}", "delivered")
    while len(courier.sent) < 2 * SILENT_AFTER:
        begun_by(workers[0], carried)
        clock.move(seconds=ASKED_EVERY_SECONDS)
    clock.move(minutes=1)
    queue(carried, "money", "paid", "refunded")
    clock.move(seconds=ASKED_EVERY_SECONDS)
    # Whichever worker begins: one has found out that the application does not answer, the other has not asked it yet.
    for worker in workers:
        for _ in range(2):
            begun_by(worker, carried)
            clock.move(seconds=ASKED_EVERY_SECONDS)
    assert courier.sent["money"] == ["paid", "refunded"]


@pytest.mark.parametrize(("status", "is_away"), [(400, False), (499, False), (500, True), (429, True), (None, True)])
def test_an_application_that_refuses_single_notifications_is_not_away(
    carried: Core, courier: ScriptedCourier, workers: tuple[Deliverer, Deliverer], status: int | None, is_away: bool
) -> None:
    for number in range(3 * SILENT_AFTER):
        queue(carried, f"lane {number}", "news")
    courier.answers = [Answer(status, "", None, 1)] * 1000
    begun = begun_by(workers[0], carried)
    assert (begun < SILENT_AFTER + AT_ONCE_PER_APPLICATION) is is_away
    assert is_away or begun == 3 * SILENT_AFTER
