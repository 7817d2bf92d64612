"""A worker of a fleet looks every few seconds for what nobody was woken for: rows that became due, and those of the dead."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from connector.services import Work
from connector.store.inbox import inbox_claim
from connector.store.schema import tables
from connector.workers.fleet_worker import FleetWorker
from foundation.database.lease import Lease
from tests.journeys.world import Clock, World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MOMENT = timedelta(milliseconds=1)


class Woken(Work):
    """Notes who is woken."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[str] = []

    def inbox_changed(self) -> None:
        """Note a drain."""
        self.noted.append("a drain")

    def outbox_changed(self) -> None:
        """Note pushes."""
        self.noted.append("pushes")


def looked(world: World) -> list[str]:
    """Let a worker look; return what it has woken."""
    woken = Woken()
    FleetWorker(replace(world.services, work=woken)).look_once()
    return woken.noted


@pytest.mark.parametrize(("due_in", "woken"), [(0 * MOMENT, ["a drain", "pushes"]), (MOMENT, ["pushes"])])
def test_a_drain_is_woken_once_a_callback_is_due(
    world: World, clock: Clock, due_in: timedelta, woken: list[str]
) -> None:
    assert looked(world) == ["pushes"]
    world.callback(b"first")
    with world.services.store.write() as work:
        work.connection.execute(update(tables.inbox).values(due_at=clock() + due_in))
    assert looked(world) == woken


def test_what_a_dead_worker_had_claimed_is_drained_at_once(world: World, clock: Clock) -> None:
    world.callback(b"first")
    lease = Lease.of("w1", clock() + timedelta(minutes=5))
    with world.services.store.write() as work:
        assert len(inbox_claim.claim(work, now=clock(), lease=lease, most=1)) == 1
    assert looked(world) == ["a drain", "pushes"]
    assert (world.row("inbox")["lease"], world.row("inbox")["due_at"]) == (None, clock())
