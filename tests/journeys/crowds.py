"""Make thousands of orders that must be written to Salesforce, without sending thousands of links."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from connector.domain.payments.order import Order
from connector.store.orders import orders
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from tests.factories import long_id
from tests.journeys.world import World

FIRST = 20_000


def crowd(world: World, size: int, *, account: str | None = None) -> list[str]:
    """Keep so many orders in the org and the database, each due to be written; return their ids."""
    ids = [long_id(f"801xx00000{FIRST + serial:05d}") for serial in range(size)]
    now = world.clock()
    made = [
        Order(
            tenant_id="acme", order_id=world.org.add_order(order_id), number=f"N{serial}", currency="ZAR",
            total=Decimal("115.00"), tax=None, sub_total=None, account_id=account, phone=None, read_at=now, problems=(),
        )
        for serial, order_id in enumerate(ids)
    ]  # fmt: skip
    with world.services.store.write() as work:
        for one in made:
            orders.save(work, one, known=None)
        outbox.announce(work, [Announcement(one, 1, final=True) for one in made], now=now)
        orders.set_versions(work, "acme", dict.fromkeys(ids, 1))
    return ids


def go_on(world: World, *, seconds: float, step: float = 10.0) -> int:
    """Let time pass as a running server would: a sweep every few seconds, and whatever is due is pushed; return the calls."""
    before, ends_at = world.org.calls, world.clock.at + timedelta(seconds=seconds)
    while world.clock.at < ends_at:
        world.clock.pass_by(seconds=step)
        world.sweep()
        calls = -1
        while _is_due(world) and world.org.calls != calls:
            calls = world.org.calls
            world.push()
    return world.org.calls - before


def _is_due(world: World) -> bool:
    with world.services.store.read() as work:
        return bool(outbox.due_tenants(work, now=world.clock(), soon=timedelta(0)))
