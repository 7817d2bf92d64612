"""What Salesforce refused is pushed again as soon as somebody has mended the org: a paid order has no more news."""

from __future__ import annotations

from typing import Any

import pytest

from connector.store.schema.tables import outbox
from tests.journeys.crowds import go_on
from tests.journeys.notifications.test_callbacks_put_aside import lose_key
from tests.journeys.syncing.test_push_after_restore import reconcile
from tests.journeys.world import Page, World


@pytest.fixture(params=["order", "request"])
def refused(request: pytest.FixtureRequest, world: World, page: Page, link: dict[str, Any]) -> str:
    """A paid order of which Salesforce took nothing, or the request record only."""
    name = page.order_id if request.param == "order" else world.row("payment_requests")["reference"]
    world.org.refuses[name] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    return str(request.param)


def shown(world: World, page: Page) -> Any:
    return world.look(page)["payment_requests"][0]["salesforce"]["state"]


def test_by_a_reconciliation(world: World, page: Page, refused: str) -> None:
    assert shown(world, page) == "refused"
    world.org.refuses.clear()
    assert reconcile(world).pushed_again == [page.order_id]
    world.settle()
    assert shown(world, page) == "written"
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert next(iter(world.org.requests.values()))["Status__c"] == "paid"
    assert reconcile(world).pushed_again == []


def test_by_itself_within_five_minutes(world: World, page: Page, refused: str) -> None:
    world.clock.pass_by(minutes=8)
    world.org.refuses.clear()
    for _ in range(10):
        world.clock.pass_by(seconds=30)
        world.sweep()
        world.push()
    assert shown(world, page) == "written"


def test_and_is_refused_again_as_long_as_nobody_has_fixed_it(world: World, page: Page, refused: str) -> None:
    reconcile(world)
    world.settle()
    assert shown(world, page) == "refused"


def test_but_a_status_is_not_where_no_key_opens_what_the_order_showed_before(world: World) -> None:
    """A person may have set it since, and it must not be written over."""
    world.tenant(mapping={"write_status": {"values": {"paid": "Paid"}}})
    page = world.open(world.order(Status="Draft"))
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()
    world.org.statuses.add("Paid")
    lose_key(world, outbox.c.refusal)
    go_on(world, seconds=600)
    order, row = world.org.orders[page.order_id], world.row("outbox")
    assert (order["Status"], order["Chat2Pay_Payment_State__c"]) == ("Draft", "paid")
    assert (row["state"], row["blocked_by"]) == ("written", None)
