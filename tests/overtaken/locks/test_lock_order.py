"""On PostgreSQL whoever writes several rows locks them in one order, so that two who meet wait, and never for each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Table, select

from connector.store.health import due_checks
from connector.store.inbox import inbox, inbox_claim
from connector.store.inbox.inbox import Arrival
from connector.store.leasing import row_leases
from connector.store.orders import orders, visible_orders
from connector.store.outbox import outbox_claim
from connector.store.schema import health_tables, tables
from foundation.database.database import wait_alone
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from tests.journeys.world import Clock, World
from tests.overtaken.conftest import Meanwhile
from tests.overtaken.locks.test_locks import LEASE, has_to_wait
from tests.unit.examples import make_order

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
LOW, HIGH = "801xx0000001gEhAAI", "801xx0000001gEiAAI"
KINDS = ("declined", "payment")
Write = Callable[[UnitOfWork], object]
Lock = Callable[[UnitOfWork], object]


@pytest.fixture
def rows(world: World, clock: Clock) -> None:
    """Two rows of each kind; they are stored the other way round, as a table that grew in another order has them."""
    with world.services.store.write() as work:
        for order_id in (HIGH, LOW):
            orders.save(work, make_order(order_id=order_id, phone=None, read_at=clock()))
            visible_orders.see(work, {("acme", order_id): clock()})
        due_checks.request_checks(work, "acme", ["org_answers"], at=clock())
        due_checks.request_checks(work, "acme", ["login"], at=clock())
    for entry in reversed(arrivals(world, clock)):
        with world.services.store.write() as work:
            inbox.record_sealed(work.connection, [entry])
    for kind in reversed(KINDS):
        world.services.store.callback_times.record({("acme", kind): clock()})


def arrivals(world: World, clock: Clock) -> list[inbox.EncryptedArrival]:
    """Two callbacks, in the order of their keys."""
    sealed = [
        inbox.seal(Arrival("acme", "payment", body, clock()), vault=world.services.store.vault) for body in (b"1", b"2")
    ]
    return sorted(sealed, key=lambda one: one.digest)


def row(table: Table, **wanted: Any) -> Lock:
    """Return what locks one row."""
    mine: list[ColumnElement[bool]] = [table.c[name] == value for name, value in wanted.items()]
    return lambda work: work.connection.execute(select(table).where(*mine).with_for_update()).one()


ORDERS = [row(tables.orders, order_id=one) for one in (LOW, HIGH)]
WATCHED = [row(tables.watched_orders, order_id=one) for one in (LOW, HIGH)]


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    ("write", "locked"),
    [
        (lambda work, at: orders.lock_many(work, "acme", [HIGH, LOW]), ORDERS),
        (lambda work, at: orders.touch_many(work, "acme", [HIGH, LOW]), ORDERS),
        (lambda work, at: visible_orders.save(work, "acme", {}, changed=[HIGH, LOW], at=at), ORDERS),
        (lambda work, at: visible_orders.see(work, {("acme", one): at for one in (HIGH, LOW)}), WATCHED),
        (
            lambda work, at: visible_orders.save(work, "acme", {HIGH: b"d" * 32, LOW: b"d" * 32}, changed=[], at=at),
            WATCHED,
        ),
        (
            lambda work, at: due_checks.request_checks(work, "acme", ["org_answers", "login"], at=at),
            [row(tables.looks_due, check=one) for one in ("login", "org_answers")],
        ),
        (
            lambda work, at: outbox_claim.claim(work, "acme", [1, 0], now=at, lease=Lease.of("w1", at + LEASE), most=5),
            [lambda work, one=one: wait_alone(work.connection, "push", "acme", one) for one in (0, 1)],
        ),
    ],
    ids=["orders", "their revisions", "changed in the org", "seen", "what the org showed", "checks", "partitions"],
)  # fmt: skip
def test_of_a_tenant(
    world: World, clock: Clock, meanwhile: Meanwhile, write: Callable[..., object], locked: list[Lock]
) -> None:
    holds_nothing_else_while_it_waits(world, meanwhile, lambda work: write(work, clock()), locked)


@pytest.mark.usefixtures("rows")
def test_of_callbacks_that_are_stored(world: World, clock: Clock, meanwhile: Meanwhile) -> None:
    both = arrivals(world, clock)
    locked = [row(tables.inbox, digest=one.digest) for one in both]
    again = list(reversed(both))
    holds_nothing_else_while_it_waits(
        world, meanwhile, lambda work: inbox.record_sealed(work.connection, again), locked
    )


@pytest.mark.usefixtures("rows")
def test_of_callbacks_that_are_applied(world: World, clock: Clock, meanwhile: Meanwhile) -> None:
    lease = Lease.of("w1", clock() + LEASE)
    with world.services.store.write() as work:
        entries = inbox_claim.claim(work, now=clock(), lease=lease, most=5)
    locked = [row(tables.inbox, digest=one) for one in sorted(one.digest for one in entries)]
    holds_nothing_else_while_it_waits(world, meanwhile, lambda work: row_leases.still_held(work, entries), locked)


@pytest.mark.usefixtures("rows")
def test_of_the_times_of_callbacks(world: World, clock: Clock, meanwhile: Meanwhile) -> None:
    later, times = clock() + timedelta(minutes=2), world.services.store.callback_times
    locked = [row(health_tables.callback_times, kind=one) for one in KINDS]
    arrived = {("acme", kind): later for kind in reversed(KINDS)}
    holds_nothing_else_while_it_waits(world, meanwhile, lambda _work: times.record(arrived), locked)


def holds_nothing_else_while_it_waits(world: World, meanwhile: Meanwhile, write: Write, locked: Sequence[Lock]) -> None:
    """Lock the first of two rows; who wants both waits for it, and the second one is still free."""
    first, second = locked

    def write_both() -> None:
        with world.services.store.write() as work:
            # As the planner may choose with other numbers of rows: in the order of the table, and not of an index.
            work.connection.exec_driver_sql("SET LOCAL enable_indexscan = off")
            write(work)

    with world.services.store.write() as work:
        first(work)
        begun = meanwhile(write_both)
        assert not begun.done()
        work.connection.exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        assert not has_to_wait(work, lambda: second(work))
    begun.result()
