"""A transaction that only reads sees one moment, whatever others commit meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, event
from sqlalchemy.exc import OperationalError

from connector.store.orders import orders
from connector.store.schema import tables
from tests.journeys.world import Clock, World, once
from tests.unit.examples import make_order


def test_a_reader_sees_nothing_that_is_committed_after_its_first_query(world: World, clock: Clock) -> None:
    store, first = world.services.store, make_order(read_at=clock())
    second = replace(first, total=Decimal("230.00"), read_at=clock() + timedelta(seconds=5))
    with store.write() as work:
        orders.save(work, first)
    with store.read() as reader:
        seen = [orders.find(reader, first.tenant_id, first.order_id)]
        with store.write() as work:
            orders.save(work, second)
        seen.append(orders.find(reader, first.tenant_id, first.order_id))
    with store.read() as work:
        seen.append(orders.find(work, first.tenant_id, first.order_id))
    assert [one.order.total for one in seen if one] == [first.total, first.total, second.total]


def test_a_writer_sees_what_others_have_committed_before_its_query(world: World, clock: Clock) -> None:
    """A snapshot of its own would have its locks refused as not serializable; PostgreSQL alone lets two write at once."""
    store, first = world.services.store, make_order(read_at=clock())
    if not store.database.is_fleet:
        pytest.skip("one writer at a time")
    second = replace(first, total=Decimal("230.00"), read_at=clock() + timedelta(seconds=5))
    with store.read() as work:  # the pool gives this connection to the writer, as a plain one
        assert orders.find(work, first.tenant_id, first.order_id) is None
    with store.write() as writer:
        assert orders.find(writer, first.tenant_id, first.order_id) is None
        with store.write() as work:
            orders.save(work, second)
        found = orders.find(writer, first.tenant_id, first.order_id)
    assert found is not None
    assert found.order.total == second.total


def test_postgresql_refuses_to_write_where_only_reading_was_said(world: World) -> None:
    if not world.services.store.database.is_fleet:
        pytest.skip("SQLite knows no transaction that only reads")
    with pytest.raises(OperationalError, match="read-only transaction"), world.services.store.read() as work:
        work.connection.execute(delete(tables.orders))


def test_news_that_come_while_a_poll_is_answered_are_seen_by_the_next(world: World) -> None:
    page = world.open(world.order())
    world.sent(page)
    link = world.core.last()

    @once
    def pay() -> None:
        world.told(link, "PAYMENT_RECEIVED")
        world.settle()

    def meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM payment_requests" in statement:
            pay()

    engine, path = world.services.store.database.engine, f"/api/orders/{page.order_id}"
    event.listen(engine, "before_cursor_execute", meanwhile)
    try:
        polled = world.client.get(path, headers=page.headers)
    finally:
        event.remove(engine, "before_cursor_execute", meanwhile)
    assert polled.json["amount_paid"] == "0.00"
    again = world.client.get(path, headers={**page.headers, "If-None-Match": polled.headers["ETag"]})
    assert (again.status_code, again.json["amount_paid"]) == (200, "115.00")
