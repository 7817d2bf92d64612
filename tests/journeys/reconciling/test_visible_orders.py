"""Whose turn it is to ask an org about the orders on visible pages, and which orders those are, to the moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from connector.store.orders import visible_orders
from connector.store.orders.visible_orders import EVERY, VISIBLE_FOR
from connector.store.schema.watch_tables import order_watches
from tests.journeys.world import Clock, World

ORDER, OTHER = "801xx0000000001AAA", "801xx0000000002AAA"
MOMENT, SECOND, MINUTE = timedelta(milliseconds=1), timedelta(seconds=1), timedelta(minutes=1)


def watched(world: World, due_in: timedelta | None, *, failures: int = 0) -> None:
    """Let a page show an order whose org is asked again then; None: it was never asked."""
    with world.services.store.write() as work:
        visible_orders.see(work, {("acme", ORDER): world.clock()})
        if due_in is not None:
            row = {"tenant_id": "acme", "due_at": world.clock() + due_in, "failures": failures}
            work.connection.execute(insert(order_watches).values(row))


@pytest.mark.parametrize(
    ("due_in", "is_due"),
    [
        pytest.param(None, True, id="never asked"),
        pytest.param(-SECOND, True, id="due for a second"),
        pytest.param(0 * SECOND, True, id="due now"),
        pytest.param(MOMENT, False, id="due in a moment"),
        pytest.param(4 * MINUTE, False, id="due after the longest pauses"),
        pytest.param(4 * MINUTE + MOMENT, True, id="later than any pause, so by a wrong clock"),
    ],
)
def test_an_org_is_asked_by_one_process_when_its_turn_has_come(
    world: World, clock: Clock, due_in: timedelta | None, *, is_due: bool
) -> None:
    watched(world, due_in)
    with world.services.store.write() as work:
        assert visible_orders.due_tenants(work, now=clock()) == (["acme"] if is_due else [])
        assert visible_orders.claim(work, "acme", now=clock()) is is_due
        if is_due:
            later = (clock() + EVERY - MOMENT, clock() + EVERY)
            assert [visible_orders.claim(work, "acme", now=now) for now in later] == [False, True]


def test_a_page_counts_as_visible_for_a_while_after_its_last_poll(world: World, clock: Clock) -> None:
    with world.services.store.write() as work:
        visible_orders.see(work, {("acme", OTHER): clock(), ("acme", ORDER): clock() + SECOND})
        visible_orders.save(work, "acme", {ORDER: b"d" * 32}, changed=[], at=clock())
        for now, shown in ((VISIBLE_FOR - MOMENT, [ORDER, OTHER]), (VISIBLE_FOR, [ORDER]), (VISIBLE_FOR + SECOND, [])):
            assert list(visible_orders.digests(work, "acme", now=clock() + now)) == shown
            assert visible_orders.due_tenants(work, now=clock() + now) == (["acme"] if shown else [])
        assert visible_orders.digests(work, "acme", now=clock()) == {ORDER: b"d" * 32, OTHER: None}


@pytest.mark.parametrize(
    ("failures", "pause"), [(0, 20 * SECOND), (1, 40 * SECOND), (2, 80 * SECOND), (3, 2 * MINUTE), (90, 2 * MINUTE)]
)
def test_each_failure_doubles_the_pause_and_an_answer_ends_it(
    world: World, clock: Clock, failures: int, pause: timedelta
) -> None:
    watched(world, 0 * SECOND, failures=failures)
    with world.services.store.write() as work:
        visible_orders.fail(work, "acme", now=clock())
        failed = visible_orders.find(work, ["acme", "globex"])["acme"]
        visible_orders.succeed(work, "acme", read_at=clock())
        answered = visible_orders.find(work, ["acme"])["acme"]
    assert (failed.due_at, failed.failures, failed.read_at) == (clock() + pause, failures + 1, None)
    assert (answered.failures, answered.read_at) == (0, clock())


def test_what_no_page_has_shown_for_a_quarter_of_an_hour_is_forgotten(world: World, clock: Clock) -> None:
    with world.services.store.write() as work:
        visible_orders.see(work, {("acme", ORDER): clock(), ("acme", OTHER): clock() - MOMENT})
        visible_orders.forget(work, now=clock() + 15 * MINUTE)
    assert [row["order_id"] for row in world.rows("watched_orders")] == [ORDER]
