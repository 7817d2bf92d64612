"""On PostgreSQL work that one worker of a fleet does at a time: whose turn it is, until when, and who may end it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store.leasing import turns
from tests.journeys.world import Clock, World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
FOR = timedelta(seconds=20)


def acquired(world: World, clock: Clock, worker: str, *, living: tuple[str, ...] = ("w1", "w2")) -> bool:
    with world.services.store.write() as work:
        return turns.acquire(work, "probe", lease=f"{worker}.1", until=clock() + FOR, living=living, now=clock())


def test_a_turn_is_one_workers_until_its_lease_ends(world: World, clock: Clock) -> None:
    assert acquired(world, clock, "w1")
    assert not acquired(world, clock, "w2")
    clock.pass_by(seconds=19)
    assert not acquired(world, clock, "w2")
    clock.pass_by(seconds=1)
    assert acquired(world, clock, "w2")
    assert not acquired(world, clock, "w1"), "the new lease counts from now"


def test_the_turn_of_a_worker_that_died_is_free_at_once(world: World, clock: Clock) -> None:
    assert acquired(world, clock, "w1")
    assert not acquired(world, clock, "w2")
    assert acquired(world, clock, "w2", living=("w2", "w3"))


def test_who_was_overtaken_ends_nobody_elses_turn(world: World, clock: Clock) -> None:
    assert acquired(world, clock, "w1")
    clock.pass_by(seconds=20)
    assert acquired(world, clock, "w2")
    with world.services.store.write() as work:
        turns.release(work, "w1.1")
    assert not acquired(world, clock, "w1")
    with world.services.store.write() as work:
        turns.release(work, "w2.1")
    assert acquired(world, clock, "w1")
