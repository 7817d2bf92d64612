"""A reading of an order that was begun before another one's and ends after it brings no old amounts back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connector.journeys.recording.record_missing import record_missing
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders import orders
from connector.workers.sweeps import sweep_orders
from tests.journeys.world import Clock, World
from tests.unit.examples import make_order

ORDER, OTHER_ORDER = "801xx0000001gEhAAI", "801xx0000001gEiAAI"


def test_of_two_agents_who_open_an_order_at_once_the_one_who_asked_later_counts(world: World, clock: Clock) -> None:
    """Neither finds it in the database; the one whose insert comes second gives way to what is there by then."""
    first = make_order(read_at=clock())
    second = replace(first, total=Decimal("230.00"), read_at=clock() + timedelta(seconds=5))
    with world.services.store.write() as work:
        orders.save(work, second)
        orders.save(work, first)
        kept = orders.find(work, first.tenant_id, first.order_id)
    assert kept is not None
    assert (kept.order.total, kept.order.read_at) == (Decimal("230.00"), second.read_at)


def test_that_was_slow_does_not_bring_back_an_order_that_was_deleted_meanwhile(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.sent(page)
    clock.pass_by(seconds=46)

    def deleted() -> None:
        clock.pass_by(seconds=5)
        record_missing(tenant_id="acme", order_ids=[page.order_id], store=world.services.store, at=clock())

    world.org.after_query = deleted
    world.open(page.order_id)
    assert world.row("orders")["unread_because"] == NOT_IN_ORG
    clock.pass_by(seconds=1)
    world.open(page.order_id)
    assert world.row("orders")["unread_because"] is None, "it was restored in Salesforce"


def test_that_was_slow_makes_no_new_version_of_the_order_and_tells_nobody_of_it(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.sent(page)
    world.settle()
    world.follow()
    clock.pass_by(seconds=46)
    world.org.change(page.order_id, Grand_Total__c=172.5, Tax__c=22.5, Sub_Total__c=150.0)
    versions: list[int] = []

    def meanwhile() -> None:
        clock.pass_by(seconds=5)
        world.org.change(page.order_id, Grand_Total__c=230.0, Tax__c=30.0, Sub_Total__c=200.0)
        world.open(page.order_id)
        versions.append(world.row("orders")["version"])

    def after_the_last() -> None:
        """One call asks what has changed, and after that for the orders that are looked at by name."""
        world.org.after_query = meanwhile

    world.org.after_query = after_the_last
    sweep_orders(world.services)
    assert [world.row("orders")["version"]] == versions
    world.settle()
    assert world.look(page)["total"] == "230.00"
    assert world.org.orders[page.order_id]["Chat2Pay_Amount_Due__c"] == 230


def test_of_orders_that_an_org_did_not_show_one_that_was_seen_later_is_left_as_it_is(
    world: World, clock: Clock
) -> None:
    gone, seen = (make_order(order_id=one, phone=None, read_at=clock()) for one in (ORDER, OTHER_ORDER))
    asked_at = clock() + timedelta(seconds=5)
    with world.services.store.write() as work:
        for order in (gone, replace(seen, read_at=asked_at)):
            orders.save(work, order)
        new = orders.mark_unread(work, "acme", [ORDER, OTHER_ORDER], because=NOT_IN_ORG, at=asked_at)
    assert new == [ORDER]
    rows = {row["order_id"]: (row["unread_because"], row["revision"]) for row in world.rows("orders")}
    assert rows == {ORDER: (NOT_IN_ORG, 2), OTHER_ORDER: (None, 1)}
