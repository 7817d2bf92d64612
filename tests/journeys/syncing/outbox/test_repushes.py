"""What is being written at this moment is made due again by nobody: its own outcome decides what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.store.orders import stale_totals
from connector.store.outbox import outbox_claim, repushes
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World, once

Again = Callable[[UnitOfWork, list[str], Clock], None]
AGAIN: dict[str, Again] = {
    "all of it": lambda work, ids, clock: repushes.push_again(work, "acme", ids, now=clock()),
    "its requests": lambda work, ids, clock: repushes.write_requests_again(work, "acme", ids, now=clock()),
    "once its total is read": lambda work, ids, clock: stale_totals.postpone(
        work, "acme", [(one, clock()) for one in ids], reason="ORDER_UNREAD", now=clock()
    ),
    "later": lambda work, ids, clock: repushes.push_later(work, "acme", dict.fromkeys(ids, clock())),
}


@pytest.mark.parametrize("what", AGAIN)
def test_what_a_push_holds_is_left_alone(world: World, clock: Clock, what: str) -> None:
    ids = crowd(world, 1)
    with world.services.store.write() as work:
        (partition,) = {one.partition for one in outbox_claim.due_partitions(work, now=clock())}
        lease = Lease.of("w1", clock() + timedelta(seconds=20))
        assert len(outbox_claim.claim(work, "acme", [partition], now=clock(), lease=lease, most=5)) == 1
    held = world.rows("outbox")
    with world.services.store.write() as work:
        AGAIN[what](work, ids, clock)
    assert world.rows("outbox") == held
    world.push()
    clock.pass_by(seconds=21)
    world.push()
    (written,) = world.rows("outbox")
    assert (written["state"], written["due_at"]) == ("written", None)
    with world.services.store.write() as work:
        AGAIN[what](work, ids, clock)
    (again,) = world.rows("outbox")
    assert again["due_at"] == clock()
    # What the org has lost is told anew; what is merely written once more is not.
    assert (again["told_state"], again["pushed_version"]) == ((None, 0) if what == "all of it" else ("unpaid", 1))


def test_what_is_due_already_is_not_put_off(world: World, clock: Clock) -> None:
    ids = crowd(world, 1)
    with world.services.store.write() as work:
        repushes.push_later(work, "acme", dict.fromkeys(ids, clock() + timedelta(minutes=5)))
    assert world.row("outbox")["due_at"] == clock()


def test_what_the_org_took_once_and_refuses_now_is_not_called_written(world: World, clock: Clock) -> None:
    ids = crowd(world, 1)
    world.push()
    assert world.row("outbox")["pushed_version"] == 1
    world.org.refuses = dict.fromkeys(ids, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    with world.services.store.write() as work:
        repushes.write_requests_again(work, "acme", ids, now=clock())
    world.push()
    assert (world.row("outbox")["state"], world.row("outbox")["pushed_version"]) == ("refused", 0)


def test_what_people_wait_for_and_came_while_the_order_was_written_stays_urgent(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    link = world.sent(page)
    clock.pass_by(seconds=2)
    world.org.before_write = once(lambda: world.told(link, "PAYMENT_RECEIVED"))
    world.push()
    row = world.row("outbox")
    assert (row["state"], row["final"], row["due_at"]) == ("waiting", True, clock())
    world.push()
    assert (world.row("outbox")["state"], world.row("outbox")["due_at"]) == ("written", None)
