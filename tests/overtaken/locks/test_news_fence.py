"""A delivery that comes back after its lease has passed on changes nothing of what the next one is doing."""

from __future__ import annotations

from datetime import timedelta

from connector.domain.payments.news import EventWord, Medium, News
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import NewsOutcome, NewsState
from foundation.database.lease import Lease
from tests.journeys.world import Clock, World


def test_an_event_that_another_process_publishes_by_now_is_concluded_by_that_one(world: World, clock: Clock) -> None:
    world.tenant()
    event = News(Medium.EVENT, EventWord.PAID, "c2p_one", "801xx0000000001AAA", 1, "115")
    with world.services.store.write() as work:
        news_rows.add(work, "acme", [event], {}, now=clock())
    first, second = (Lease.of(owner, clock() + timedelta(seconds=at)) for owner, at in (("w1", 20), ("w2", 60)))
    for lease in (first, second):
        with world.services.store.write() as work:
            (entry,) = news_rows.claim(work, "acme", (Medium.EVENT,), now=clock(), lease=lease, most=5)
        clock.pass_by(seconds=21)
    held = world.row("payment_news")
    for lease, state in ((first, held["state"]), (second, "delivered")):
        with world.services.store.write() as work:
            outcome = NewsOutcome(entry, NewsState.DELIVERED)
            news_rows.conclude(work, "acme", lease, [outcome], now=clock())
        assert world.row("payment_news")["state"] == state
