"""Which orders an operator is shown that Salesforce does not have: the longest failing first, each with its own times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.health.push_refusal import PushRefusal, RefusedPart, make_refusal
from connector.store.outbox import blocked_orders
from connector.store.outbox.blocked_orders import BlockedOrder
from connector.store.outbox.outbox import OutboxState
from connector.store.schema import tables
from tests.journeys.crowds import crowd
from tests.journeys.world import Clock, World

MINUTE = timedelta(minutes=1)
RULE, FLOW = make_refusal(RefusedPart.ORDER, "RULE"), make_refusal(RefusedPart.REQUEST, "FLOW")


def change(world: World, order_id: str, *, refusal: PushRefusal | None = None, **row: Any) -> None:
    """Change an order's row; with a refusal it is blocked by that."""
    with world.services.store.write() as work:
        if refusal:
            sealed = work.vault.seal("acme", refusal.to_bytes())
            row = {"due_at": None, "blocked_by": refusal.cause, "refusal": sealed, "reason": refusal.code, **row}
        mine = tables.outbox.c.order_id == order_id
        work.connection.execute(update(tables.outbox).where(mine).values(**row))


def listed(world: World, *, most: int = 9) -> list[BlockedOrder]:
    with world.services.store.read() as work:
        return blocked_orders.list_orders(work, tenant_id="acme", state=None, cause=None, most=most)


def test_what_fails_longest_comes_first_then_what_is_due_first(world: World, clock: Clock) -> None:
    last, due, first, next_due, second = crowd(world, 5)
    change(world, last, due_at=clock() + MINUTE)
    change(world, due, due_at=clock() - MINUTE)
    change(world, next_due, due_at=clock() + MINUTE, failing_since=clock())
    change(world, first, refusal=RULE, failing_since=clock() - 2 * MINUTE)
    change(world, second, refusal=RULE, failing_since=clock())
    in_order = [first, next_due, second, due, last]
    assert [one.order_id for one in listed(world)] == in_order, "what has no due time after what has one"
    assert [one.order_id for one in listed(world, most=2)] == in_order[:2]


def test_each_time_and_version_is_shown_as_what_it_is(world: World, clock: Clock) -> None:
    (order_id,) = crowd(world, 1)
    times = {
        name: clock() + place * MINUTE
        for place, name in enumerate(("failing_since", "tried_at", "due_at", "pushed_at"))
    }
    change(world, order_id, refusal=RULE, state="refused", version=7, pushed_version=5, requests_version=6, **times)
    since, tried_at, due_at, pushed_at = times.values()
    assert listed(world) == [
        BlockedOrder(
            "acme",
            order_id,
            "N0",
            OutboxState.REFUSED,
            "RULE",
            RULE.cause,
            RULE,
            since,
            tried_at,
            due_at,
            pushed_at,
            7,
            5,
        )
    ]


def test_the_cause_of_most_orders_comes_first_with_the_orders_that_it_keeps_out_longest(
    world: World, clock: Clock
) -> None:
    ids = crowd(world, 6)
    for place, order_id in enumerate(ids[:5]):
        change(world, order_id, refusal=RULE, failing_since=clock() - place * MINUTE)
    change(world, ids[5], refusal=FLOW, failing_since=clock() - 9 * MINUTE)
    with world.services.store.read() as work:
        rule, flow = blocked_orders.causes(work, "acme", most=9)
        assert blocked_orders.causes(work, "acme", most=1) == [rule]
    assert (rule.orders, rule.numbers, rule.since) == (5, ("N4", "N3", "N2"), clock() - 4 * MINUTE)
    assert (flow.orders, flow.numbers, flow.refusal) == (1, ("N5",), FLOW)


@pytest.mark.parametrize(("code", "told"), [("RULE", "RULE"), (None, "UNKNOWN")])
def test_of_a_refusal_that_no_key_opens_its_part_and_code_are_told(world: World, code: str | None, told: str) -> None:
    (order_id,) = crowd(world, 1)
    change(world, order_id, refusal=FLOW, reason=code)
    with world.services.store.write() as work:
        work.connection.execute(update(tables.outbox).values(refusal=work.vault.seal("globex", b"{}")))
        (cause,) = blocked_orders.causes(work, "acme", most=9)
    assert cause.refusal == PushRefusal(RefusedPart.REQUEST, told)


@pytest.mark.parametrize(
    ("row", "waits"),
    [
        pytest.param({}, True, id="due, and failing"),
        pytest.param({"failing_since": timedelta(0)}, False, id="since that very moment"),
        pytest.param({"blocked_by": RULE.cause}, False, id="with a cause"),
        pytest.param({"due_at": None}, False, id="written by now"),
    ],
)
def test_an_order_has_waited_long_that_is_due_and_failed_before_a_moment_without_a_cause(
    world: World, clock: Clock, row: dict[str, Any], *, waits: bool
) -> None:
    since: datetime = clock()
    early, longest = crowd(world, 2)
    given: dict[str, Any] = {"due_at": since, "failing_since": since - MINUTE, "reason": "LATER"} | row
    if isinstance(given["failing_since"], timedelta):
        given["failing_since"] = since
    change(world, early, **given)
    change(world, longest, failing_since=since - 2 * MINUTE, reason="FIRST")
    with world.services.store.read() as work:
        found = blocked_orders.waiting_long(work, "acme", since=since)
    assert found == ((2, ("N1", "N0"), "FIRST") if waits else (1, ("N1",), "FIRST"))
