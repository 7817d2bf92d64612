"""On PostgreSQL two processes are in a transaction at once: who must wait waits, who need not takes what is free.

SQLite has one writer, so nothing of this can happen there. A step that would wait gives up after a fifth of a second; how
long it takes otherwise makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from connector.domain.tenants.tenant import Tenant
from connector.domain.tenants.token import BeingObtained, LoginFailure, MayLogIn, StoredToken
from connector.store.inbox import inbox_claim
from connector.store.inbox.inbox import InboxEntry
from connector.store.leasing import row_leases
from connector.store.orders import orders
from connector.store.outbox import outbox, outbox_claim, probes
from connector.store.outbox.outbox import OutboxEntry
from connector.store.requests import send_counts
from connector.store.schema import tables
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.secret import Secret
from tests.factories import notification
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World
from tests.overtaken.conftest import Meanwhile

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LEASE = timedelta(seconds=20)
LINK = {
    "orderNumber": "00000102",
    "paymentLinkRef": "nobodys-link",
    "totalAmount": 115.0,
    "taxAmount": 15.0,
    "subTotalAmount": 100.0,
    "currency": "ZAR",
    "channel": "sms",
    "additionalData": {"reference": "c2p_nobodys"},
    "environment": "SANDBOX",
}


@contextmanager
def two_transactions(world: World) -> Iterator[tuple[UnitOfWork, UnitOfWork]]:
    """Yield two that are open at once; the second gives up what it has to wait for."""
    with world.services.store.write() as first, world.services.store.write() as second:
        second.connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        yield first, second


def has_to_wait(work: UnitOfWork, step: Callable[[], Any]) -> bool:
    try:
        with work.connection.begin_nested():
            step()
    except OperationalError as error:
        if "lock timeout" not in str(error):
            raise
        return True
    return False


# --- rows that are claimed ------------------------------------------------------------------------------------------------


def claim_entries(work: UnitOfWork, clock: Clock, owner: str, *, most: int = 5) -> list[InboxEntry]:
    return inbox_claim.claim(work, now=clock(), lease=Lease.of(owner, clock() + LEASE), most=most)


def claim_orders(
    work: UnitOfWork, clock: Clock, partition: int, owner: str = "w1", *, most: int = 5
) -> list[OutboxEntry]:
    return outbox_claim.claim(work, "acme", [partition], now=clock(), lease=Lease.of(owner, clock() + LEASE), most=most)


def test_two_drains_take_different_entries_and_neither_waits(world: World, clock: Clock) -> None:
    link = world.sent(world.open(world.order()))
    for word in ("PAYMENT_LINK_CLICKED", "PAYMENT_RECEIVED"):
        world.callback(world.core.happen(link, word))
    with two_transactions(world) as (first, second):
        one = claim_entries(first, clock, "w1", most=1)
        other = claim_entries(second, clock, "w2", most=1)
        assert len({entry.digest for entry in one + other}) == 2
        assert claim_entries(second, clock, "w2") == []


@pytest.mark.parametrize("most", [1, 2])
def test_a_claim_takes_no_more_than_it_asked_for(world: World, clock: Clock, most: int) -> None:
    link = world.sent(world.open(world.order()))
    for serial in range(3):
        world.callback({**world.core.happen(link, "PAYMENT_RECEIVED"), "merchantName": f"Acme {serial}"})
    crowd(world, 3, account="001xx000003DGb2AAG")
    with world.services.store.write() as work:
        assert len(claim_entries(work, clock, "w1", most=most)) == most
        partitions = {one.partition for one in outbox_claim.due_partitions(work, now=clock())}
        assert [len(claim_orders(work, clock, one, most=most)) for one in partitions] == [most]


def test_what_a_drain_is_applying_is_taken_over_by_nobody(world: World, clock: Clock) -> None:
    """Its lease has ended; it looked whether it still holds its entries, and nobody may take them until it has written."""
    world.callback(world.core.happen(world.sent(world.open(world.order())), "PAYMENT_RECEIVED"))
    with world.services.store.write() as work:
        entries = claim_entries(work, clock, "w1")
    clock.pass_by(seconds=21)
    with two_transactions(world) as (first, second):
        assert row_leases.still_held(first, entries) == {one.digest for one in entries}
        assert claim_entries(second, clock, "w2") == []
        assert has_to_wait(second, lambda: row_leases.release_all(second, now=clock()))


def test_two_drains_apply_different_entries_and_neither_waits(world: World, clock: Clock) -> None:
    link = world.sent(world.open(world.order()))
    for word in ("PAYMENT_LINK_CLICKED", "PAYMENT_RECEIVED"):
        world.callback(world.core.happen(link, word))
    with world.services.store.write() as work:
        one, other = claim_entries(work, clock, "w1", most=1), claim_entries(work, clock, "w2", most=1)
    with two_transactions(world) as (first, second):
        assert row_leases.still_held(first, one) == {one[0].digest}
        assert not has_to_wait(second, lambda: row_leases.still_held(second, other))


def test_a_push_leaves_out_what_somebody_is_changing(world: World, clock: Clock) -> None:
    """Orders of one account are in one partition."""
    changing, free = crowd(world, 2, account="001xx000003DGb2AAG")
    with two_transactions(world) as (first, second):
        row = tables.outbox.c.order_id == changing
        first.connection.execute(update(tables.outbox).where(row).values(version=2))
        (partition,) = {one.partition for one in outbox_claim.due_partitions(second, now=clock())}
        assert [one.order_id for one in claim_orders(second, clock, partition)] == [free]


def test_one_push_of_a_partition_claims_at_a_time(world: World, clock: Clock) -> None:
    """The one that comes second must see the leases of the one before it: two batches of one account lock each other out."""
    crowd(world, 2, account="001xx000003DGb2AAG")
    with two_transactions(world) as (first, second):
        (partition,) = {one.partition for one in outbox_claim.due_partitions(first, now=clock())}
        assert len(claim_orders(first, clock, partition, most=1)) == 1
        assert has_to_wait(second, lambda: claim_orders(second, clock, partition, most=1))
        assert not has_to_wait(second, lambda: claim_orders(second, clock, (partition + 1) % outbox.PARTITIONS))


def test_a_probe_leaves_out_what_a_push_holds(world: World, clock: Clock) -> None:
    held, free = crowd(world, 2)
    world.org.refuses = dict.fromkeys((held, free), "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    world.push()
    clock.pass_by(minutes=10)
    with two_transactions(world) as (first, second):
        row = tables.outbox.c.order_id == held
        first.connection.execute(select(tables.outbox).where(row).with_for_update()).one()
        assert probes.probe(second, "acme", now=clock()) == 1


def test_what_nobody_holds_is_taken_from_nobody_where_no_worker_lives(world: World, clock: Clock) -> None:
    world.callback(notification({**LINK}, "PAYMENT_RECEIVED", at=clock()))
    world.drain()
    held, claimed = world.row("inbox"), 0
    assert (held["state"], held["lease"]) == ("postponed", None)
    with world.services.store.write() as work:
        assert row_leases.release_dead(work, [], now=clock()) == claimed
    assert world.row("inbox")["due_at"] == held["due_at"]
    clock.pass_by(minutes=1)
    with world.services.store.write() as work:
        claimed = len(claim_entries(work, clock, "w1"))
        assert row_leases.release_dead(work, ["w1"], now=clock()) == 0
        assert row_leases.release_dead(work, ["w2"], now=clock()) == claimed == 1


def test_the_orders_that_a_living_worker_pushes_are_not_taken_from_it(world: World, clock: Clock) -> None:
    crowd(world, 2)
    with world.services.store.write() as work:
        first, second = {one.partition for one in outbox_claim.due_partitions(work, now=clock())}
        ((pushed,), (lost,)) = (claim_orders(work, clock, first, "w1"), claim_orders(work, clock, second, "w2"))
        assert row_leases.release_dead(work, ["w1", "w2"], now=clock()) == 0
        assert row_leases.release_dead(work, ["w1"], now=clock()) == 1
        assert [one.partition for one in outbox_claim.due_partitions(work, now=clock())] == [second]
        assert [one.order_id for one in claim_orders(work, clock, second)] == [lost.order_id] != [pushed.order_id]


# --- orders, and what is counted for a tenant ---------------------------------------------------------------------------


def test_who_changes_an_order_waits_for_whoever_does(world: World) -> None:
    mine, others = (world.open(world.order()).order_id for _ in range(2))
    with two_transactions(world) as (first, second):
        orders.lock(first, "acme", mine)
        assert has_to_wait(second, lambda: orders.lock(second, "acme", mine))
        assert has_to_wait(second, lambda: orders.lock_many(second, "acme", [others, mine]))
        assert not has_to_wait(second, lambda: orders.lock_many(second, "acme", [others]))
    with two_transactions(world) as (first, second):
        orders.lock_many(first, "acme", [mine])
        assert has_to_wait(second, lambda: orders.lock(second, "acme", mine))


def test_a_send_whose_answer_came_while_the_sweep_waited_for_its_order_is_not_unknown(
    world: World, clock: Clock, meanwhile: Meanwhile
) -> None:
    page = world.open(world.order())

    def swept(_body: object) -> None:
        clock.pass_by(minutes=5)
        with world.services.store.write() as work:
            orders.lock(work, "acme", page.order_id)
            sweeping.append(meanwhile(lambda: world.sweep()))
            work.connection.execute(update(tables.payment_requests).values(link="sent", sending_until=None))

    sweeping: list[Future[Any]] = []
    world.core.on_send = swept
    world.sent(page)
    sweeping[0].result()
    assert "unknown" not in [row["event"] for row in world.rows("payment_events")]


def test_sends_of_a_tenant_are_counted_one_after_the_other(world: World) -> None:
    with two_transactions(world) as (first, second):
        send_counts.lock_counts(first, "acme")
        assert has_to_wait(second, lambda: send_counts.lock_counts(second, "acme"))
        assert not has_to_wait(second, lambda: send_counts.lock_counts(second, "globex"))


def test_two_changes_of_a_tenant_at_once_are_both_kept(world: World, clock: Clock, meanwhile: Meanwhile) -> None:
    store = world.services.store.tenants
    others: list[Future[Tenant]] = []

    def slowly(tenant: Tenant) -> Tenant:
        others.append(meanwhile(lambda: store.change("acme", lambda one: replace(one, name="Traders"), now=clock())))
        return replace(tenant, language="af")

    store.change("acme", slowly, now=clock())
    others[0].result()
    tenant = store.by_id("acme")
    assert tenant is not None
    assert (tenant.name, tenant.language) == ("Traders", "af")


# --- one login for all ----------------------------------------------------------------------------------------------------


@pytest.fixture
def turn(world: World, clock: Clock) -> MayLogIn:
    """Somebody's turn to log in."""
    claimed = world.services.store.tokens.claim("acme", refused=None, now=clock(), lease=LEASE)
    assert isinstance(claimed, MayLogIn)
    return claimed


def taken_over(work: UnitOfWork, clock: Clock) -> None:
    """Let another process take the turn, inside a transaction that has not ended."""
    change = {"lease": "login.another", "lease_until": clock() + LEASE}
    work.connection.execute(update(tables.tokens).values(change))


def test_a_turn_that_somebody_takes_at_this_moment_is_not_taken_twice(
    world: World, clock: Clock, turn: MayLogIn, meanwhile: Meanwhile
) -> None:
    clock.pass_by(seconds=21)
    tokens = world.services.store.tokens
    with world.services.store.write() as work:
        work.connection.execute(select(tables.tokens).with_for_update()).one()
        second = meanwhile(lambda: tokens.claim("acme", refused=None, now=clock(), lease=LEASE))
        taken_over(work, clock)
    assert second.result() == BeingObtained()


def test_a_login_that_failed_too_late_spoils_nobody_elses_turn(
    world: World, clock: Clock, turn: MayLogIn, meanwhile: Meanwhile
) -> None:
    tokens = world.services.store.tokens
    with world.services.store.write() as work:
        taken_over(work, clock)
        failed = meanwhile(
            lambda: tokens.fail("acme", LoginFailure.REFUSED, lease=turn.lease, finding=None, now=clock())
        )
    failed.result()
    assert (world.row("tokens")["lease"], world.row("tokens")["refusal"]) == ("login.another", None)


def test_a_token_that_was_refused_takes_no_newer_one_with_it(
    world: World, clock: Clock, turn: MayLogIn, meanwhile: Meanwhile
) -> None:
    store, tokens = world.services.store, world.services.store.tokens
    assert tokens.keep("acme", Secret("old"), now=clock(), lease=turn.lease)
    with store.write() as work:
        newer = store.vault.seal("acme", b"new")
        work.connection.execute(update(tables.tokens).values(access_token=newer))
        distrusted = meanwhile(lambda: tokens.distrust("acme", Secret("old"), now=clock()))
    distrusted.result()
    assert tokens.claim("acme", refused=None, now=clock(), lease=LEASE) == StoredToken(Secret("new"))
