"""No order is reported as paid by a total that is too old: which are read first, and which are pushed as they are."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.payments.status import Link, Money, States
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders import stale_totals
from connector.store.orders.stale_totals import OLD_AFTER, StaleTotal
from connector.store.outbox import outbox, outbox_claim
from connector.store.requests import request_rows
from connector.store.schema import tables
from foundation.database.lease import Lease
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World
from tests.unit.examples import make_request

MOMENT, MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)
OLD, FRESH = OLD_AFTER + MOMENT, OLD_AFTER


def ordered(world: World, size: int = 1, *, money: Money | None = Money.PAID, live: bool = False) -> list[str]:
    """Make orders due to be pushed, each with a payment; None: without any request."""
    made = crowd(world, size)
    with world.services.store.write() as work:
        for place, order_id in enumerate(made if money else []):
            states = States(link=Link.OPENED, money=money or Money.NONE)
            request = make_request(reference=f"c2p_{place}", order_id=order_id, states=states, live=live)
            request_rows.add(work, request, phone_digest=b"d" * 32, key=None, body_digest=None)
    return made


def change(world: World, order_id: str, *, row: dict[str, Any] | None = None, **order: Any) -> None:
    """Change an order and its row in the outbox."""
    with world.services.store.write() as work:
        if order:
            work.connection.execute(update(tables.orders).where(tables.orders.c.order_id == order_id).values(**order))
        if row:
            mine = tables.outbox.c.order_id == order_id
            work.connection.execute(update(tables.outbox).where(mine).values(**row))


def read_first(world: World, most: int = 9) -> list[str]:
    with world.services.store.read() as work:
        found = stale_totals.with_stale_totals(work, "acme", now=world.clock(), most=most)
    return [one.order_id for one in found]


def pushed(world: World) -> list[str]:
    lease = Lease.of("w1", world.clock() + MINUTE)
    with world.services.store.write() as work:
        found = outbox_claim.claim(
            work, "acme", range(outbox.PARTITIONS), now=world.clock(), lease=lease, most=9
        )  # fmt: skip
    return [one.order_id for one in found]


@pytest.mark.parametrize(
    ("money", "ages", "row", "is_read"),
    [
        pytest.param(Money.PAID, {"read_at": OLD}, {}, True, id="paid, an old total"),
        pytest.param(Money.PAID, {"read_at": FRESH}, {}, False, id="paid, a total of a moment ago"),
        pytest.param(Money.PAID, {"read_at": OLD, "unread_at": OLD}, {}, True, id="looked for in vain long ago"),
        pytest.param(Money.PAID, {"read_at": OLD, "unread_at": FRESH}, {}, False, id="looked for in vain just now"),
        pytest.param(Money.AUTHORIZED, {"read_at": OLD}, {}, False, id="held"),
        pytest.param(Money.REVERSED, {"read_at": OLD}, {}, False, id="given back"),
        pytest.param(None, {"read_at": OLD}, {}, False, id="nothing was ever asked for"),
        pytest.param(None, {"read_at": OLD, "missing": True}, {}, True, id="an order that the org did not show"),
        pytest.param(None, {"read_at": FRESH, "missing": True}, {}, False, id="one that it did not show just now"),
        pytest.param(
            Money.PAID, {"read_at": OLD}, {"final": False, "written_state": "paid"}, False, id="reported as paid before"
        ),
        pytest.param(
            Money.PAID, {"read_at": OLD}, {"final": True, "written_state": "paid"}, True, id="money moved since"
        ),
        pytest.param(
            Money.PAID, {"read_at": OLD}, {"final": False, "written_state": "requested"}, True,
            id="reported as requested before",
        ),
        pytest.param(Money.PAID, {"read_at": OLD}, {"final": False, "written_state": None}, True, id="never reported"),
    ],
)  # fmt: skip
def test_an_order_that_may_be_reported_as_paid_is_read_before_it_is_pushed(
    world: World, clock: Clock, money: Money | None, ages: dict[str, Any], row: dict[str, Any], *, is_read: bool
) -> None:
    (order_id,) = ordered(world, money=money)
    missing = {"unread_because": NOT_IN_ORG} if ages.pop("missing", False) else {}
    times = {name: clock() - age for name, age in ages.items()}
    change(world, order_id, row=row or {"final": False}, **times, **missing)
    assert read_first(world) == ([order_id] if is_read else [])
    assert pushed(world) == ([] if is_read else [order_id])


def test_of_an_order_neither_another_ones_payment_counts_nor_that_of_the_same_in_a_copied_org(
    world: World, clock: Clock
) -> None:
    paid, unpaid = ordered(world, 2)
    with world.services.store.write() as work:
        mine = tables.payment_requests.c.order_id == unpaid
        work.connection.execute(update(tables.payment_requests).where(mine).values(tenant_id="globex"))
    for order_id in (paid, unpaid):
        change(world, order_id, read_at=clock() - OLD)
    assert read_first(world) == [paid]
    assert pushed(world) == [unpaid]


def test_what_people_wait_for_is_read_first_and_then_what_is_due_longest(world: World, clock: Clock) -> None:
    late, waiting, early, not_due = ordered(world, 4)
    for order_id, due_in, final in ((late, 0, False), (waiting, 0, True), (early, -1, False), (not_due, 1, True)):
        row = {"due_at": clock() + due_in * MOMENT, "final": final}
        change(world, order_id, row=row, read_at=clock() - OLD)
    assert read_first(world) == [waiting, early, late]
    assert read_first(world, most=2) == [waiting, early]


def test_orders_that_may_be_paid_next_are_those_with_a_live_link_and_an_old_total(world: World, clock: Clock) -> None:
    old, fresh = ordered(world, 2, money=Money.NONE, live=True)
    change(world, old, read_at=clock() - OLD)
    change(world, fresh, read_at=clock() - FRESH)
    with world.services.store.read() as work:
        assert stale_totals.soon_to_be_paid(work, "acme", now=clock(), most=9) == [old]
        assert stale_totals.soon_to_be_paid(work, "acme", now=clock() + MINUTE, most=1) in ([old], [fresh])
    with world.services.store.write() as work:
        work.connection.execute(update(tables.payment_requests).values(live=False))
        assert stale_totals.soon_to_be_paid(work, "acme", now=clock(), most=9) == []


@pytest.mark.parametrize(
    ("leased_for", "postponed"), [(None, True), (-MOMENT, True), (0 * MOMENT, True), (MOMENT, False)]
)
def test_what_could_not_be_read_waits_unless_another_worker_has_it_by_now(
    world: World, clock: Clock, leased_for: timedelta | None, *, postponed: bool
) -> None:
    order_id, other = ordered(world, 2)
    due_at = clock() + 5 * MINUTE
    if leased_for is not None:
        change(world, order_id, row={"lease": "w2.1", "lease_until": clock() + leased_for})
    with world.services.store.write() as work:
        stale_totals.postpone(work, "acme", [(order_id, due_at)], reason="AWAY", now=clock())
    rows = {row["order_id"]: (row["due_at"] == due_at, row["reason"], row["attempts"]) for row in world.rows("outbox")}
    assert rows[order_id] == ((True, "AWAY", 1) if postponed else (False, None, 0))
    assert rows[other] == (False, None, 0)


def test_a_reading_says_how_often_it_was_tried(world: World, clock: Clock) -> None:
    (order_id,) = ordered(world)
    change(world, order_id, row={"attempts": 3}, read_at=clock() - OLD, total=Decimal(9))
    with world.services.store.read() as work:
        found = stale_totals.with_stale_totals(work, "acme", now=clock(), most=9)
    assert found == [StaleTotal(order_id, 3)]
