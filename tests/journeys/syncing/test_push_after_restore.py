"""A ledger that came back from a back-up: Salesforce holds newer versions than it knows, and must hear its next news."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, insert

from connector.journeys.reconciling.reconcile_tenant import Report, reconcile_tenant
from connector.journeys.recording.bump_version import bump_version
from connector.store.schema.tables import metadata
from tests.journeys.world import World

LEDGER = ("orders", "payment_requests", "payment_events", "outbox", "inbox")


def backed_up(world: World) -> dict[str, list[dict[str, Any]]]:
    return {table: world.rows(table) for table in LEDGER}


def restore(world: World, kept: dict[str, list[dict[str, Any]]]) -> None:
    with world.services.store.database.write() as connection:
        for table, rows in kept.items():
            connection.execute(delete(metadata.tables[table]))
            if rows:
                connection.execute(insert(metadata.tables[table]), rows)


def reconcile(world: World) -> Report:
    services = world.services
    (tenant,) = services.store.tenants.every()
    return reconcile_tenant(services.for_tenant(tenant), begun=world.clock.at.replace(hour=0))  # fmt: skip


@pytest.fixture
def restored(world: World) -> tuple[World, str, dict[str, Any]]:
    """An order that was opened and paid after the back-up was made."""
    page = world.open(world.order())
    link = world.sent(page)
    world.settle()
    kept = backed_up(world)
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.settle()
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    restore(world, kept)
    return world, page.order_id, link


@pytest.mark.both_databases
def test_news_after_a_restore_reaches_the_order_and_its_request(restored: tuple[World, str, dict[str, Any]]) -> None:
    world, order_id, link = restored
    before = world.org.orders[order_id]["Chat2Pay_Version__c"]
    report = reconcile(world)
    assert (report.unexplained, report.unreachable) == ([], [])
    world.settle()
    world.told(link, "PAYMENT_REVERSED")
    world.settle()
    order, request = world.org.orders[order_id], world.org.requests[link["additionalData"]["reference"]]
    assert order["Chat2Pay_Payment_State__c"] == "reversed"
    assert request["Money_State__c"] == "reversed"
    assert order["Chat2Pay_Version__c"] > before
    assert world.row("outbox")["version"] == order["Chat2Pay_Version__c"]


def test_the_orders_status_is_told_although_salesforce_refused_its_first_telling_as_older(
    restored: tuple[World, str, dict[str, Any]],
) -> None:
    world, order_id, link = restored
    world.tenant(mapping={"write_status": {"values": {"paid": "Activated"}}})
    world.org.orders[order_id]["Status"] = "Draft"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert (world.row("outbox")["state"], world.org.orders[order_id]["Status"]) == ("written", "Draft")
    reconcile(world)
    world.settle()
    assert world.org.orders[order_id]["Status"] == "Activated"


def test_a_version_that_is_ours_already_is_not_raised(
    restored: tuple[World, str, dict[str, Any]], lines: list[Any]
) -> None:
    world, order_id, _ = restored
    ours, before = world.row("orders")["version"], world.row("payment_requests")["version"]
    for held, raised in ((ours - 1, False), (ours, False), (ours + 1, True)):
        is_raised = bump_version(
            tenant_id="acme", order_id=order_id, held=held, store=world.services.store, now=world.clock()
        )
        assert is_raised is raised
        assert world.row("orders")["version"] == world.row("outbox")["version"] == (held + 1 if raised else ours)
        assert not raised or world.row("outbox")["final"], "the org has waited for it since the restore"
        version = world.row("payment_requests")["version"]
        assert version == (held + 1 if raised else before), "its record is refused as older otherwise"
    assert len([line for line in lines if line["event"] == "org_was_ahead"]) == 1


def test_it_is_done_once_and_said(restored: tuple[World, str, dict[str, Any]], lines: list[Any]) -> None:
    world, order_id, _ = restored
    assert order_id in reconcile(world).healed
    world.settle()
    assert reconcile(world).healed == []
    (line,) = [line for line in lines if line["event"] == "org_was_ahead"]
    assert (line["order"], line["expected"] < line["found"]) == (order_id, True)


@pytest.mark.parametrize("typed", [10**9, 10**15])
def test_a_number_that_a_person_typed_into_the_org_is_left_to_a_person(
    restored: tuple[World, str, dict[str, Any]], lines: list[Any], typed: int
) -> None:
    world, order_id, _ = restored
    world.org.orders[order_id]["Chat2Pay_Version__c"] = typed
    assert reconcile(world).unexplained == [order_id]
    assert world.row("orders")["version"] < 100
    assert [line["log_level"] for line in lines if line["event"] == "version_not_ours"] == ["error"]
