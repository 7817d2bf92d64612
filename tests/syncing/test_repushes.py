"""What is being written at this moment is made due again by nobody: its own outcome decides what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.store.outbox import outbox_claim, repushes
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.world import Clock, World
from tests.syncing.crowds import crowd

Again = Callable[[UnitOfWork, list[str], Clock], None]
AGAIN: dict[str, Again] = {
    "all of it": lambda work, ids, clock: repushes.push_again(work, "acme", ids, now=clock()),
    "its requests": lambda work, ids, clock: repushes.write_requests_again(work, "acme", ids, now=clock()),
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
    assert world.rows("outbox")[0]["due_at"] == clock()
