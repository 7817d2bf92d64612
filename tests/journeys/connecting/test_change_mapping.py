"""Changing a mapping: looked at first, kept only where the org would take it, and beside whatever else was changed."""

from __future__ import annotations

from typing import Any

import pytest

from connector.domain.health.finding import Level
from connector.errors import Invalid, SalesforceUnavailable
from connector.journeys.mapping.change_mapping import change_mapping
from connector.journeys.mapping.propose_mapping import MappingChange, propose_mapping
from connector.store.tenants.mappings import build_mapping
from tests.factories import make_tenant
from tests.journeys.world import World
from tests.peers.describing import standard


@pytest.fixture
def described(world: World) -> dict[str, Any]:
    """The org describes itself as it is after the project was deployed."""
    world.tenant()
    for name, fields in standard().items():
        world.org.describes[name] = {"name": name, "createable": True, "updateable": True, "fields": fields}
    return world.org.describes


def proposed(world: World, **given: Any) -> MappingChange:
    tenant = world.services.store.tenants.by_id("acme")
    assert tenant is not None
    return propose_mapping(tenant=tenant, given=given, store=world.services.store, salesforce=world.services.salesforce)


def kept(world: World) -> Any:
    world.services.store.tenants.forget()
    return world.services.store.tenants.by_id("acme")


def test_says_what_would_change_and_changes_nothing(world: World, described: dict[str, Any]) -> None:
    change = proposed(world, read={"profiles": ["order"]}, write_order={"amount_due": None})
    assert [(one.entry, one.before, one.after) for one in change.differences] == [
        ("read.profiles.0", "order_custom", "order"),
        ("read.profiles.1", "order", None),
        ("write_order.amount_due", "Chat2Pay_Amount_Due__c", None),
    ]
    assert change.may_be_kept
    assert kept(world).mapping == make_tenant().mapping


def test_is_kept_beside_what_was_changed_meanwhile(world: World, described: dict[str, Any]) -> None:
    change = proposed(world, read={"profiles": ["order"]})
    world.disable()
    change_mapping(change=change, store=world.services.store, now=world.clock())
    assert kept(world).mapping == build_mapping({"read": {"profiles": ["order"]}})
    assert kept(world).disabled


def test_serves_the_next_launch(world: World, described: dict[str, Any]) -> None:
    change_mapping(change=proposed(world, read={"profiles": ["order"]}), store=world.services.store, now=world.clock())
    page = world.open(world.order(TotalAmount=99.0))
    assert (page.data["order"]["total"], page.data["order"]["tax"]) == ("99.00", None)


def test_goes_back_to_the_default_with_an_empty_file(world: World, described: dict[str, Any]) -> None:
    world.tenant(mapping={"read": {"profiles": ["order"]}})
    change_mapping(change=proposed(world), store=world.services.store, now=world.clock())
    assert kept(world).mapping == build_mapping({})


def test_may_not_be_kept_where_the_org_would_refuse_it(world: World, described: dict[str, Any]) -> None:
    change = proposed(world, write_order={"amount_due": "Nowhere__c"})
    assert not change.may_be_kept
    assert [one.subject for one in change.found if one.level is Level.WRONG] == ["write_order.amount_due"]


def test_of_a_file_that_is_no_mapping_asks_nobody(world: World, described: dict[str, Any]) -> None:
    calls = world.org.calls
    with pytest.raises(Invalid):
        proposed(world, read={"number": "OrderNumber FROM Order--"})
    assert world.org.calls == calls


def test_is_not_judged_by_an_org_that_does_not_answer(world: World, described: dict[str, Any]) -> None:
    world.org.down = True
    with pytest.raises(SalesforceUnavailable):
        proposed(world, read={"profiles": ["order"]})


def _summaries(described: dict[str, Any]) -> None:
    """The org has Order Management, with our fields on the summary."""
    order = described["Order"]
    described["OrderSummary"] = {**order, "name": "OrderSummary"}


@pytest.mark.both_databases
def test_of_the_object_waits_until_no_payment_is_under_way(world: World, described: dict[str, Any]) -> None:
    _summaries(described)
    page = world.open(world.order())
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    number = world.row("orders")["number"]
    for _ in range(2):
        change = proposed(world, order_object="OrderSummary")
        assert not change.may_be_kept
        held = next(one for one in change.found if one.subject == "order_object" and one.level is Level.WRONG)
        assert number in held.problem
        assert "tenant disable acme" in held.remedy
        assert held.impact.endswith("Salesforce would never hear of money that was paid.")
        world.cancel(page, reference)  # ended now, but Salesforce does not know of it yet
    world.settle()
    assert not [one for one in proposed(world, order_object="OrderSummary").found if "not finished" in one.problem]


@pytest.mark.parametrize(("orders", "named"), [(1, "of 1 order are"), (5, "of 5 orders are"), (6, "of 6 orders are")])
def test_of_the_object_names_five_of_the_orders_that_it_waits_for(
    world: World, described: dict[str, Any], orders: int, named: str
) -> None:
    _summaries(described)
    for phone in range(orders):
        world.sent(world.open(world.order()), phone=f"2783123456{phone}")
    (held,) = (
        one.problem for one in proposed(world, order_object="OrderSummary").found if "not finished" in one.problem
    )
    numbers = [row["number"] for row in world.rows("orders")]
    assert (named in held, sum(one in held for one in numbers)) == (True, min(orders, 5))
    assert ("and others" in held) == (orders > 5)


def test_of_the_object_is_looked_at_again_when_it_is_kept(world: World, described: dict[str, Any]) -> None:
    _summaries(described)
    change = proposed(world, order_object="OrderSummary")
    world.sent(world.open(world.order()))
    with pytest.raises(Invalid, match="not finished"):
        change_mapping(change=change, store=world.services.store, now=world.clock())
    assert kept(world).mapping.order_object == "Order"


def test_of_anything_else_waits_for_nobody(world: World, described: dict[str, Any]) -> None:
    world.sent(world.open(world.order()))
    change = proposed(world, read={"profiles": ["order"]})
    assert change.may_be_kept
    change_mapping(change=change, store=world.services.store, now=world.clock())
