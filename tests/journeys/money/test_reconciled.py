"""What `chat2pay reconcile` writes again, what it names, and what doctor tells of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from connector.domain.health.finding import Level
from connector.journeys.examining.peers.examine_odd_orders import examine_odd_orders
from connector.journeys.reconciling.compare_orders import Comparison, compare_orders
from connector.journeys.reconciling.reconcile_tenant import Report, reconcile_tenant
from connector.journeys.syncing.restore_requests import restore_requests
from connector.store.schema.tables import outbox, payment_requests
from tests.journeys.money.conftest import order_state
from tests.journeys.played_once import played_once
from tests.journeys.verbs import press
from tests.journeys.world import Page, World


@pytest.fixture
@played_once
def paid(world: World, page: Page, link: dict[str, Any]) -> Page:
    """R115 were paid and written a minute ago."""
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.clock.pass_by(minutes=1)
    return page


def reconcile(world: World) -> Report:
    tenant = world.services.store.tenants.by_id("acme")
    assert tenant is not None
    report = reconcile_tenant(world.services.for_tenant(tenant), begun=world.clock() - timedelta(days=2))
    world.push()
    return report


def findings(world: World) -> dict[str, str]:
    tenant = world.services.store.tenants.by_id("acme")
    assert tenant is not None
    looks = examine_odd_orders(tenant=tenant, store=world.services.store, now=world.clock)
    found = [one for look in looks for one in look.run()]
    assert all(one.level is Level.WRONG and one.remedy and one.impact for one in found)
    return {one.check: one.problem for one in found}


def test_a_record_of_the_core_that_cannot_be_read_is_named_and_the_others_are_compared(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    other = world.sent(world.open(world.order()))
    world.core.happen(link, "PAYMENT_RECEIVED", capturedAmount="115,00")
    world.core.happen(other, "PAYMENT_RECEIVED")
    report = reconcile(world)
    (unread,) = report.unexplained
    assert (report.why[unread], report.unreachable) == (
        "the payment core's record cannot be read (fields:captured)",
        [],
    )
    assert len(report.healed) == 1


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        pytest.param({"link": "rejected", "link_reference": None}, 0, id="refused at once"),
        pytest.param({"link": "rejected"}, 1, id="refused, and it has a link"),
        pytest.param({"link": "rejected", "link_reference": None, "reason": "never_arrived"}, 1, id="given up by us"),
        pytest.param({"link": "unknown", "link_reference": None}, 1, id="nobody knows"),
    ],
)
def test_the_core_is_asked_about_all_but_what_it_refused_at_once(
    world: World, link: dict[str, Any], changes: dict[str, Any], asked: int
) -> None:
    with world.services.store.write() as work:
        work.connection.execute(update(payment_requests).values(live=False, **changes))
    assert reconcile(world).requests == 1
    assert len(world.core.questions) == asked


@pytest.mark.both_databases
def test_a_record_that_was_deleted_is_written_again(world: World, paid: Page, lines: list[Any]) -> None:
    ((reference, before),) = world.org.requests.items()
    del world.org.requests[reference]
    world.org.orders[paid.order_id]["Status"] = "Activated"
    report = reconcile(world)
    assert (report.healed, report.unexplained) == ([reference], [])
    after = world.org.requests[reference]
    assert {name: value for name, value in after.items() if name != "SystemModstamp"} == {
        name: value for name, value in before.items() if name != "SystemModstamp"
    }
    assert [line["reference"] for line in lines if line["event"] == "request_record_missing"] == [reference]
    assert reconcile(world).healed == []


@pytest.mark.parametrize(
    ("row", "is_missed"),
    [
        pytest.param({}, True, id="written"),
        pytest.param({"state": "refused"}, True, id="written, and the order refused"),
        pytest.param({"state": "waiting"}, False, id="its push is due anyway"),
        pytest.param({"state": "buried"}, False, id="the record was refused"),
        pytest.param({"requests_version": 0}, False, id="an older version of it was written"),
        pytest.param({"pushed_at": timedelta(seconds=10)}, False, id="written ten seconds ago"),
        pytest.param({"pushed_at": timedelta(seconds=11)}, True, id="written longer ago"),
        pytest.param({"pushed_at": None}, False, id="never written"),
    ],
)
@pytest.mark.parametrize("word", [None, "PAYMENT_RECEIVED"], ids=["sent", "paid"])
def test_only_a_record_that_the_org_must_show_by_now_can_be_missing(
    world: World, page: Page, row: dict[str, Any], word: str | None, *, is_missed: bool
) -> None:
    link = world.sent(page)
    if word:
        world.told(link, word)
    world.settle()
    world.clock.pass_by(minutes=1)
    ago = row.get("pushed_at")
    changes = row | ({"pushed_at": world.clock() - ago} if ago else {})
    with world.services.store.write() as work:
        work.connection.execute(update(outbox).values(attempts=0, **changes))
    world.org.requests.clear()
    requests = [world.request(link["additionalData"]["reference"])]
    found = restore_requests(world.services.for_tenant(world.acme), requests=requests)
    assert found == ([one.reference for one in requests] if is_missed else [])


def test_the_deleted_records_of_several_orders_are_written_again_together(world: World, paid: Page) -> None:
    world.sent(world.open(world.order()))
    world.settle()
    world.clock.pass_by(minutes=1)
    deleted = set(world.org.requests)
    world.org.requests.clear()
    assert set(reconcile(world).healed) == deleted == set(world.org.requests)
    assert len(deleted) == 2


def test_an_older_record_is_brought_up_to_date(world: World, paid: Page) -> None:
    ((reference, record),) = world.org.requests.items()
    record.update(Chat2Pay_Version__c=1, Status__c="sent")
    assert reconcile(world).healed == [reference]
    assert world.org.requests[reference]["Status__c"] == "paid"


def test_an_order_whose_version_is_gone_is_written_again(world: World, paid: Page) -> None:
    """A person emptied the fields, or the org was restored to a time before them."""
    world.org.orders[paid.order_id].update(Chat2Pay_Version__c=None, Chat2Pay_Amount_Paid__c=None)
    assert reconcile(world).healed == [paid.order_id]
    assert world.org.orders[paid.order_id]["Chat2Pay_Amount_Paid__c"] == 115


@pytest.mark.parametrize(
    ("behind", "row", "is_lost"),
    [
        pytest.param(0, {}, False, id="as it was written"),
        pytest.param(1, {}, True, id="older"),
        pytest.param(-1, {}, True, id="newer: ours is raised above it"),
        pytest.param(1, {"state": "waiting"}, False, id="older, and its push is due anyway"),
        pytest.param(-1, {"state": "waiting", "version": 99}, False, id="newer, and ours that is due is newer still"),
        pytest.param(1, {"pushed_at": 10}, False, id="older, written ten seconds ago"),
        pytest.param(1, {"pushed_at": 11}, True, id="older, written longer ago"),
        pytest.param(1, {"pushed_at": None}, True, id="older, written nobody knows when"),
    ],
)
def test_only_a_write_that_was_settled_for_a_while_can_be_lost(
    world: World, paid: Page, behind: int, row: dict[str, Any], is_lost: bool
) -> None:
    changes = dict(row)
    if changes.get("pushed_at"):
        changes["pushed_at"] = world.clock() - timedelta(seconds=changes["pushed_at"])
    with world.services.store.write() as work:
        work.connection.execute(update(outbox).values(attempts=0, **changes))
    world.org.orders[paid.order_id]["Chat2Pay_Version__c"] = world.row("outbox")["pushed_version"] - behind
    found = compare_orders(world.services.for_tenant(world.acme), order_ids=[paid.order_id])
    assert (found.pushed_again, found.unexplained) == ([paid.order_id] if is_lost else [], [])


def test_a_write_just_before_a_slow_reading_is_not_lost(world: World, paid: Page) -> None:
    pushed_at = world.clock() - timedelta(seconds=5)
    with world.services.store.write() as work:
        work.connection.execute(update(outbox).values(attempts=0, pushed_at=pushed_at))
    world.org.orders[paid.order_id]["Chat2Pay_Version__c"] = None
    world.org.after_query = lambda: world.clock.pass_by(seconds=20)
    found = compare_orders(world.services.for_tenant(world.acme), order_ids=[paid.order_id])
    assert (found.looked_at, found.pushed_again) == (1, [])


def test_a_comparison_that_goes_on_adds_to_what_was_found(world: World, paid: Page) -> None:
    world.org.orders[paid.order_id]["Chat2Pay_Version__c"] = None
    context, found = world.services.for_tenant(world.acme), Comparison(1, unexplained=["another"])
    assert compare_orders(context, order_ids=[paid.order_id], found=found) == Comparison(
        2, pushed_again=[paid.order_id], unexplained=["another"]
    )


def test_what_was_told_of_the_orders_status_is_not_told_again_for_the_records_sake(world: World, page: Page) -> None:
    """An order was moved on by a person: writing its request record again must not take it back."""
    mapping = {"write_status": {"values": {"paid": "Activated"}}}
    world.tenant(policy={}, mapping=mapping)
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()
    world.clock.pass_by(minutes=1)
    assert world.org.orders[page.order_id]["Status"] == "Activated"
    world.org.orders[page.order_id]["Status"] = "Draft"
    world.org.requests.clear()
    assert len(reconcile(world).healed) == 1
    assert len(world.org.requests) == 1
    assert world.org.orders[page.order_id]["Status"] == "Draft"


def test_a_record_that_is_on_its_way_is_not_called_deleted(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    report = reconcile(world)
    assert report.healed == []
    world.settle()
    assert reconcile(world).healed == [], "written a moment ago: the org need not show it yet"


def test_a_deleted_order_is_named_with_its_number_and_money_still_reaches_its_record(world: World, paid: Page) -> None:
    number = world.org.orders[paid.order_id]["OrderNumber"]
    world.org.delete(paid.order_id)
    report = reconcile(world)
    assert report.unexplained == [paid.order_id]
    assert report.why[paid.order_id] == f"order {number} was deleted in Salesforce"
    assert findings(world)["orders_missing"].startswith(f"Salesforce no longer shows us order {number}, ")
    world.org.restore(paid.order_id)
    world.follow()
    world.push()
    assert findings(world) == {}
    (record,) = world.org.requests.values()
    assert record["Order__c"] == paid.order_id
    assert reconcile(world).unexplained == []


def test_an_order_that_is_hidden_is_told_from_a_deleted_one(world: World, paid: Page) -> None:
    number = world.org.orders.pop(paid.order_id)["OrderNumber"]
    report = reconcile(world)
    assert report.why[paid.order_id] == f"order {number} is not shown to us: hidden, or deleted for good"


def test_an_order_that_went_missing_is_named_whenever_its_requests_were_made(world: World, paid: Page) -> None:
    world.clock.pass_by(days=30)
    world.org.delete(paid.order_id)
    world.follow()
    assert reconcile(world).unexplained == [paid.order_id]


def test_money_in_another_currency_is_named_until_it_is_given_back(world: World, paid: Page) -> None:
    world.org.change(paid.order_id, Currency__c="EUR", Grand_Total__c=100.0, Tax__c=0.0, Sub_Total__c=100.0)
    number = world.org.orders[paid.order_id]["OrderNumber"]
    report = reconcile(world)
    told = f"ZAR 115.00 was paid or is held for order {number}, which is in EUR now"
    assert (report.unexplained, report.why) == ([paid.order_id], {paid.order_id: told})
    assert order_state(world, paid) == ("unpaid", 100, 0)
    assert findings(world) == {"other_currency": f"{told}."}
    press(world, world.open(paid.order_id), "reverse")
    assert (reconcile(world).unexplained, findings(world)) == ([], {})


def test_an_org_that_cannot_be_asked_is_said_once(world: World, paid: Page) -> None:
    world.org.down = True
    report = reconcile(world)
    assert report.unreachable == ["salesforce: salesforce_unavailable"]
