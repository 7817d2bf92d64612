"""A day without Salesforce: nothing is lost, final states arrive first when it is back, and within minutes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.world import World


@pytest.fixture
def orders(world: World) -> dict[str, tuple[str, dict[str, Any]]]:
    """Two orders that Salesforce has been told of: of one the link is opened, the other is paid, while it is down."""
    made = {}
    for name in ("opened", "paid"):
        page = world.open(world.order())
        made[name] = (page.order_id, world.sent(page))
    world.settle()
    world.org.down = True
    world.told(made["opened"][1], "PAYMENT_LINK_CLICKED")
    world.told(made["paid"][1], "PAYMENT_RECEIVED")
    for _ in range(24 * 2):
        world.clock.pass_by(minutes=30)
        world.push()
    world.org.down = False
    return made


def shown(world: World, order: tuple[str, dict[str, Any]]) -> str:
    status: str = world.org.requests[order[1]["additionalData"]["reference"]]["Status__c"]
    return status


def test_all_is_told_within_minutes_of_its_return(world: World, orders: dict[str, tuple[str, dict[str, Any]]]) -> None:
    assert {shown(world, one) for one in orders.values()} == {"sent"}
    world.clock.pass_by(minutes=5)
    world.push()
    assert {name: shown(world, one) for name, one in orders.items()} == {"opened": "opened", "paid": "paid"}
    assert [row["attempts"] for row in world.rows("outbox")] == [0, 0]


def test_where_its_calls_are_scarce_by_then_final_states_go_first(
    world: World, orders: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    world.clock.pass_by(minutes=5)
    world.services.salesforce.limits.note("acme", "api-usage=900/1000", now=world.clock())
    world.push()
    assert {name: shown(world, one) for name, one in orders.items()} == {"opened": "sent", "paid": "paid"}
    world.clock.pass_by(minutes=6)
    world.push()
    assert shown(world, orders["opened"]) == "opened"
