"""A notification belongs to one worker at a time, and what a late one heard changes nothing."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from payment_core.couriers.courier import Courier
from payment_core.journeys.notifying import deliver_notifications
from payment_core.journeys.notifying.deliver_notifications import Deliverer
from payment_core.services import Core
from payment_core.store.deliveries import deliveries
from payment_core.store.deliveries.deliveries import Answer, Delivery
from payment_core.store.schema.tables import deliveries as rows
from tests.payment_core.conftest import APPLICATION
from tests.payment_core.fakes import MovableClock
from tests.payment_core.notifying.couriers import TAKEN, ScriptedCourier, queue

LEASE = timedelta(seconds=60)


def claim(core: Core, lease: str) -> list[Delivery]:
    """Claim what is due as a worker does that then stops."""
    with core.transactions.write() as work:
        now = core.now()
        wanted = deliveries.Claim(APPLICATION.application_id, now=now, until=now + LEASE, lease=lease, most=10)
        return deliveries.claim_due(work, wanted)


def conclude(core: Core, delivery: Delivery, answer: Answer, *, lease: str, state: str) -> bool:
    with core.transactions.write() as work:
        now, due_at = core.now(), None if state == "delivered" else core.now()
        return deliveries.conclude(work, delivery, answer, lease=lease, state=state, due_at=due_at, now=now)


def test_a_worker_that_wakes_too_late_does_not_send_what_was_taken(core: Core, clock: MovableClock) -> None:
    queue(core, "lane", "EVENT")
    (late,) = claim(core, "late.1")
    clock.move(seconds=61)
    (quick,) = claim(core, "quick.1")
    assert conclude(core, quick, TAKEN, lease="quick.1", state="delivered")
    assert not conclude(core, late, Answer(503, None, None, 1), lease="late.1", state="pending")
    with core.transactions.read() as work:
        row = work.connection.execute(rows.select().where(rows.c.delivery_id == quick.delivery_id)).one()
    assert (row.state, row.attempts, row.due_at) == ("delivered", 1, None)


def test_a_worker_that_wakes_too_late_prolongs_no_lease_of_another(core: Core, clock: MovableClock) -> None:
    queue(core, "lane", "EVENT")
    (late,) = claim(core, "late.1")
    clock.move(seconds=61)
    assert len(claim(core, "quick.1")) == 1
    with core.transactions.write() as work:
        deliveries.renew(work, late.delivery_id, lease="late.1", until=core.now() + timedelta(days=1))
    clock.move(seconds=61)
    assert len(claim(core, "third.1")) == 1


def test_a_process_that_was_stopped_before_it_posted_lets_another_post(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better late than twice: meanwhile the lane may have gone to somebody else."""
    courier = ScriptedCourier()
    queue(core, "lane", "EVENT")
    # What began just now begins to run an hour later.
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + 3600)
    with ThreadPoolExecutor(1) as threads:
        deliverer = Deliverer(threads, owner="stopped")
        monkeypatch.setattr(deliver_notifications, "time", clock)
        assert deliverer.run(replace(core, courier=cast(Courier, courier))) == 1
        assert deliverer.finish(60)
    assert courier.sent == {}
    assert len(claim(core, "another.1")) == 1
