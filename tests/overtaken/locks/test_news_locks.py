"""Bells and events of one org that two processes claim at once: each is claimed by one of them, and neither waits."""

from __future__ import annotations

import pytest

from connector.domain.payments.news import Bell, Medium, News
from connector.store.outbox import news_rows
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.world import Clock, World
from tests.overtaken.locks.test_locks import LEASE, two_transactions

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_two_deliveries_take_different_bells_and_neither_waits(world: World, clock: Clock) -> None:
    world.tenant()
    bells = [News(Medium.SUPERVISORS, Bell.PAID, f"c2p_{name}", "801xx0000000001AAA", 1) for name in ("one", "other")]
    with world.services.store.write() as work:
        assert news_rows.add(work, "acme", bells, {}, now=clock()) == 2

    def claimed(work: UnitOfWork, owner: str, most: int) -> set[str]:
        lease = Lease.of(owner, clock() + LEASE)
        claim = news_rows.claim(work, "acme", news_rows.BELLS, now=clock(), lease=lease, most=most)
        return {one.news.reference for one in claim}

    with two_transactions(world) as (first, second):
        one = claimed(first, "w1", 1)
        other = claimed(second, "w2", 5)
        assert (len(one), one | other) == (1, {"c2p_one", "c2p_other"})
        assert not one & other
