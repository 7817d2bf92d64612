"""Whom a mended order frees: those with its cause, and those with its code only where most of them are written again."""

from __future__ import annotations

from typing import Any

from connector.store.orders import orders
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from tests.journeys.crowds import crowd, go_on
from tests.journeys.world import World

AT_ONCE = 10  # so many of one cause are probed, where each of them may send an e-mail
MORE = AT_ONCE + 5


def flows(world: World, **sizes: int) -> tuple[dict[str, str], set[str]]:
    """Let a flow refuse so many orders for each field, and wait until it has; return each one's field, and those mended."""
    fields = [field for field, size in sizes.items() for _ in range(size)]
    field_of = dict(zip(crowd(world, len(fields)), fields, strict=True))
    mended: set[str] = set()

    def answer(record: dict[str, Any]) -> Any:
        field = field_of[record["id"]]
        code = "CANNOT_EXECUTE_FLOW_TRIGGER"
        return None if field in mended else [{"statusCode": code, "message": "No.", "fields": [f"{field}__c"]}]

    world.org.answers_with = answer
    go_on(world, seconds=10)
    return field_of, mended


def news(world: World, order_id: str, *, version: int) -> None:
    """Give Salesforce something new to be told of an order, at once."""
    with world.services.store.write() as work:
        order = orders.find(work, "acme", order_id)
        assert order is not None
        outbox.announce(work, [Announcement(order.order, version, final=True)], now=world.clock())
        orders.set_versions(work, "acme", {order_id: version})


def tried(world: World, field_of: dict[str, str], field: str) -> int:
    """Probe once with all that it frees; return how many orders with this field were sent again."""
    before = len(world.org.pushed)
    go_on(world, seconds=200)
    sent = {one["id"] for one in world.org.pushed[before:] if "id" in one}
    return len([order_id for order_id in sent if field_of[order_id] == field])


def test_where_half_of_a_code_is_written_again_the_rest_is_not_stormed(world: World) -> None:
    field_of, mended = flows(world, A=AT_ONCE, B=MORE)
    mended.add("A")
    assert tried(world, field_of, "B") == AT_ONCE


def test_where_most_of_a_code_is_written_again_the_rest_is_tried_at_once(world: World) -> None:
    field_of, mended = flows(world, A=AT_ONCE, B=AT_ONCE, C=MORE)
    mended |= {"A", "B"}
    assert tried(world, field_of, "C") == MORE


def test_an_order_refused_anew_does_not_wait_for_the_last_probe_of_what_it_was_refused_for_before(world: World) -> None:
    (order_id,) = crowd(world, 1)
    missing = [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "No.", "fields": []}]
    world.org.answers_with = lambda _record: missing
    go_on(world, seconds=10)
    world.org.answers_with = lambda _record: None
    while world.row("outbox")["state"] != "written":
        go_on(world, seconds=10)
    world.org.answers_with = lambda _record: missing
    news(world, order_id, version=2)
    go_on(world, seconds=10)
    assert world.row("outbox")["state"] == "refused"
    world.org.answers_with = lambda _record: None
    go_on(world, seconds=110)  # what rests before it is tried again, and less than lies between two probes
    assert world.row("outbox")["state"] == "written"
