"""What a poll costs the database: one transaction, with news or without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event

from foundation.database import database
from foundation.database.prepared import driver_of
from foundation.database.sqlite import connections
from tests.journeys.world import Clock, World

_READS_ORDER = re.compile(r"\bFROM orders\b")


@contextmanager
def statements(world: World) -> Iterator[tuple[list[str], list[Connection]]]:
    """Collect what is asked of the database, and on which connections a transaction began."""
    asked: list[str] = []
    begun: list[Connection] = []
    engine = world.services.store.database.engine
    if engine.dialect.name == "sqlite":
        with _on_sqlite(asked, begun):
            yield asked, begun
        return

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    def begin(connection: Connection) -> None:
        begun.append(connection)

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "begin", begin)
    try:
        yield asked, begun
    finally:
        event.remove(engine, "begin", begin)
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def _on_sqlite(asked: list[str], begun: list[Connection]) -> Iterator[None]:
    """Ask the driver itself: transactions begin there, and what is prepared goes past SQLAlchemy."""

    def begin(connection: Connection, how: str) -> None:
        begun.append(connection)
        driver_of(connection).set_trace_callback(asked.append)
        connections.begin(connection, how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "begin", begin)
        yield
    for one in begun:
        if not one.closed:
            driver_of(one).set_trace_callback(None)


def cost(world: World, path: str, headers: dict[str, str]) -> tuple[int, int, int]:
    """Return a poll's status, how many transactions it opened, and how often it read an order's row."""
    with statements(world) as (asked, begun):
        status = world.client.get(path, headers=headers).status_code
    return status, len(begun), sum(bool(_READS_ORDER.search(one)) for one in asked)


@pytest.mark.parametrize("what", ["order", "request"])
def test_a_poll_is_one_transaction_that_reads_the_order_once(world: World, what: str) -> None:
    page = world.open(world.order())
    reference = world.send(page).json["reference"]
    path = f"/api/orders/{page.order_id}" if what == "order" else f"/api/payment-requests/{reference}"
    tag = world.client.get(path, headers=page.headers).headers["ETag"]
    assert cost(world, path, page.headers) == (200, 1, 1)
    assert cost(world, path, {**page.headers, "If-None-Match": tag}) == (304, 1, 1)


def test_a_poll_of_an_order_that_cannot_be_sent_for_is_one_transaction_too(world: World, clock: Clock) -> None:
    """Only the one poll in ten seconds that reads the order again from Salesforce has more of them."""
    page = world.open(world.order(Grand_Total__c=None))
    path = f"/api/orders/{page.order_id}"
    clock.pass_by(seconds=11)
    world.org.down = True
    status, begun, read = cost(world, path, page.headers)
    assert (status, read) == (200, 2)
    assert begun > 1
    assert cost(world, path, page.headers) == (200, 1, 1)
