"""Which changed orders are due to be pushed, when, and which of them a push may take while another is under way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.store.outbox import outbox, outbox_claim
from connector.store.outbox.outbox import MERGE_FOR, Announcement, OutboxEntry, OutboxState, PushState
from connector.store.requests import open_orders
from connector.store.schema import tables
from foundation.database.lease import Lease
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World
from tests.unit.examples import make_order

ACCOUNT, OTHER_ACCOUNT = "001xx000003DGb2AAG", "001xx000003DGb6AAG"
MOMENT, MINUTE = timedelta(milliseconds=1), timedelta(minutes=1)


def announced(world: World, order_id: str, version: int, *, final: bool, account: str | None = ACCOUNT) -> None:
    order = make_order(order_id=order_id, account_id=account)
    with world.services.store.write() as work:
        outbox.announce(work, [Announcement(order, version, final)], now=world.clock())


def change(world: World, order_id: str, **row: Any) -> None:
    with world.services.store.write() as work:
        mine = tables.outbox.c.order_id == order_id
        work.connection.execute(update(tables.outbox).where(mine).values(**row))


def pushed(world: World, *, most: int = 9, final_only: bool = False) -> list[str]:
    lease = Lease.of("w1", world.clock() + MINUTE)
    with world.services.store.write() as work:
        found = outbox_claim.claim(
            work, "acme", range(outbox.PARTITIONS), now=world.clock(), lease=lease, most=most, final_only=final_only
        )
    return [one.order_id for one in found]


def test_what_people_wait_for_is_due_at_once_and_the_rest_after_a_moment_in_which_more_may_come(
    world: World, clock: Clock
) -> None:
    first, second = crowd(world, 2, account=ACCOUNT)
    for order_id, final in ((first, True), (second, False)):
        change(world, order_id, due_at=None, state="written", final=False)
        announced(world, order_id, 2, final=final)
    rows = {row["order_id"]: (row["due_at"], row["final"], row["state"]) for row in world.rows("outbox")}
    assert rows == {first: (clock(), True, "waiting"), second: (clock() + MERGE_FOR, False, "waiting")}


@pytest.mark.parametrize(("first", "then"), [(True, False), (False, True)])
def test_a_lesser_change_delays_nothing_that_people_wait_for(
    world: World, clock: Clock, *, first: bool, then: bool
) -> None:
    (order_id,) = crowd(world, 1, account=ACCOUNT)
    change(world, order_id, due_at=None, final=False)
    for version, final in enumerate((first, then), 2):
        announced(world, order_id, version, final=final)
    row = world.row("outbox")
    assert (row["due_at"], row["final"], row["version"]) == (clock(), True, 3)


@pytest.mark.parametrize(
    ("state", "attempts"), [(OutboxState.WAITING, 5), (OutboxState.REFUSED, 0), (OutboxState.WRITTEN, 0)]
)
def test_a_new_change_goes_on_with_the_pauses_of_what_failed_and_begins_anew_after_an_answer(
    world: World, state: OutboxState, attempts: int
) -> None:
    (order_id,) = crowd(world, 1, account=ACCOUNT)
    change(world, order_id, attempts=5, state=state.value)
    announced(world, order_id, 2, final=True)
    assert world.row("outbox")["attempts"] == attempts


def test_a_change_of_what_is_being_pushed_waits_for_the_end_of_that(world: World, clock: Clock) -> None:
    (order_id,) = crowd(world, 1, account=ACCOUNT)
    assert pushed(world) == [order_id]
    before = world.row("outbox")
    announced(world, order_id, 2, final=True, account=OTHER_ACCOUNT)
    after = world.row("outbox")
    kept = ("due_at", "lease", "lease_until", "partition")
    assert [after[name] for name in kept] == [before[name] for name in kept]
    assert after["partition"] != outbox.partition_of(make_order(account_id=OTHER_ACCOUNT))
    assert (after["version"], after["final"]) == (2, True)
    change(world, order_id, lease=None, lease_until=None)
    announced(world, order_id, 3, final=True, account=OTHER_ACCOUNT)
    assert (world.row("outbox")["partition"], world.row("outbox")["due_at"]) == (
        outbox.partition_of(make_order(account_id=OTHER_ACCOUNT)),
        clock(),
    )


@pytest.mark.parametrize(
    ("leased_for", "is_free"), [(MOMENT, False), (0 * MOMENT, True), (-MOMENT, True), (None, True)]
)
def test_of_one_account_one_push_is_under_way_until_its_lease_ends(
    world: World, clock: Clock, leased_for: timedelta | None, *, is_free: bool
) -> None:
    held, other = crowd(world, 2, account=ACCOUNT)
    until = None if leased_for is None else clock() + leased_for
    change(world, held, due_at=clock() + MINUTE, lease="w2.1" if until else None, lease_until=until)
    with world.services.store.read() as work:
        (partition,) = outbox_claim.due_partitions(work, now=clock())
    assert (partition.due, partition.in_flight, partition.claimable) == (1, not is_free, int(is_free))
    assert pushed(world) == ([other] if is_free else [])


def test_orders_are_due_from_their_moment_on_and_final_ones_come_first(world: World, clock: Clock) -> None:
    late, final, early, not_due = crowd(world, 4)
    due = ((late, 0, False), (final, 0, True), (early, -1, False), (not_due, 1, True))
    for partition, (order_id, due_in, is_final) in enumerate(due):
        change(world, order_id, partition=partition, due_at=clock() + due_in * MOMENT, final=is_final)
    with world.services.store.read() as work:
        assert sum(one.due for one in outbox_claim.due_partitions(work, now=clock())) == 3
    assert pushed(world, final_only=True, most=1) == [final]
    assert pushed(world, final_only=True) == []
    assert pushed(world, most=1) == [early]
    assert pushed(world) == [late]


def test_a_claim_counts_as_a_try_and_is_due_again_when_its_lease_ends(world: World, clock: Clock) -> None:
    crowd(world, 1)
    pushed(world)
    row = world.row("outbox")
    assert (row["attempts"], row["due_at"], row["lease_until"]) == (1, clock() + MINUTE, clock() + MINUTE)
    assert row["lease"].startswith("w1.")


def test_a_claim_and_a_page_are_told_what_the_row_says(world: World, clock: Clock) -> None:
    (order_id,) = crowd(world, 1)
    times = {name: clock() - place * MINUTE for place, name in enumerate(("pushed_at", "tried_at", "failing_since"), 1)}
    known: dict[str, Any] = {
        "version": 9,
        "requests_version": 7,
        "reason": "RULE",
        "written_state": "paid",
        "blocked_by": "order.one",
    }
    change(world, order_id, **known, pushed_version=5, attempts=2, refusal=b"sealed", final=False, **times)
    lease = Lease.of("w1", clock() + MINUTE)
    with world.services.store.write() as work:
        found = outbox.states(work, "acme", [order_id])
        (entry,) = outbox_claim.claim(work, "acme", range(outbox.PARTITIONS), now=clock(), lease=lease, most=1)
    assert found == {order_id: PushState("waiting", 9, 5, 7, times["pushed_at"], "RULE")}
    assert entry == OutboxEntry(
        "acme", order_id, world.row("outbox")["partition"], attempts=3, lease=lease.lease_id, refusal=b"sealed",
        pushed_at=times["pushed_at"], **known,
    )  # fmt: skip


def test_a_tenant_is_named_with_its_first_order_that_is_due_soon(world: World, clock: Clock) -> None:
    first, second, held = crowd(world, 3)
    soon = 5 * MOMENT
    change(world, first, due_at=clock() + soon)
    change(world, second, due_at=clock() + 2 * soon)
    change(world, held, due_at=clock(), lease="w2.1", lease_until=clock() + MINUTE)
    with world.services.store.read() as work:
        assert outbox.due_tenants(work, now=clock(), soon=soon) == {"acme": clock() + soon}
        assert outbox.due_tenants(work, now=clock(), soon=soon - MOMENT) == {}


@pytest.mark.parametrize(
    ("words", "unfinished"),
    [([], True), (["PAYMENT_AUTHORIZED"], True), (["PAYMENT_REVIEW"], True), (["PAYMENT_RECEIVED"], False),
     (["PAYMENT_LINK_EXPIRED"], False)],
)  # fmt: skip
def test_an_order_is_unfinished_while_it_is_written_its_link_is_live_or_its_money_may_move(
    world: World, words: list[str], *, unfinished: bool
) -> None:
    page = world.open(world.order())
    number = [world.org.orders[page.order_id]["OrderNumber"]]

    def open_now() -> list[str]:
        with world.services.store.read() as work:
            return open_orders.unfinished_orders(work, "acme")

    link = world.sent(page)
    for word in words:
        world.told(link, word)
    assert open_now() == number, "it is not written yet"
    world.settle()
    assert open_now() == (number if unfinished else [])
