"""The events that flows hang on: after the record, at least once, each fact under one key; and never in a record's way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.domain.payments.news import EventWord, Medium, News
from connector.journeys.forgetting.forget_person import PersonToForget, forget_person
from connector.store.outbox import news_rows, repushes
from tests.factories import long_id
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    world.tenant(policy={"rights_from": "order_access", "notifications": False, "payment_events": True})
    return world.open(world.order())


@pytest.fixture
@played_once
def link(world: World, page: Page) -> dict[str, Any]:
    made = world.sent(page)
    world.settle()
    return made


def kinds(world: World) -> list[str]:
    return [one["Kind__c"] for one in world.org.news.events]


def states(world: World) -> set[tuple[str, str, str | None]]:
    return {(one["kind"], one["state"], one["reason"]) for one in world.rows("payment_news")}


def test_an_event_follows_the_record_and_names_it(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    assert world.deliver() == 0
    world.settle()
    world.deliver()
    (event,) = world.org.news.events
    reference = world.row("payment_requests")["reference"]
    assert event == {
        "attributes": {"type": "Chat2Pay_Payment_Event__e"},
        "Event_Key__c": f"{reference}:{world.row('payment_requests')['version']}:paid",
        "Kind__c": "paid",
        "Order_Id__c": page.order_id,
        "Payment_Request_Id__c": world.row("payment_news")["record_id"],
        "Reference__c": reference,
    }
    assert event["Payment_Request_Id__c"].startswith("a0C")


def test_an_event_names_its_record_where_the_push_was_not_told_its_id(world: World, link: dict[str, Any]) -> None:
    """The org held a later version of it already, and refused ours."""
    (record,) = world.org.requests.values()
    record["Chat2Pay_Version__c"] = 99
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert world.row("payment_news")["record_id"] is None
    assert [one["Payment_Request_Id__c"] for one in world.org.news.events] == [long_id("a0Cxx0000000000")]


def test_a_later_version_without_news_is_no_event(world: World, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.settle()
    world.deliver()
    assert kinds(world) == ["paid"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["PAYMENT_LINK_EXPIRED"], ["expired_unopened"]),
        (["PAYMENT_LINK_CLICKED", "PAYMENT_LINK_EXPIRED"], []),
        (["PAYMENT_RECEIVED", "PAYMENT_REVERSED"], ["paid", "reversed"]),
        (["PAYMENT_LINK_EXPIRED", "PAYMENT_RECEIVED"], ["expired_unopened", "needs_person", "paid"]),
    ],
)
def test_each_kind_of_news_is_an_event(
    world: World, link: dict[str, Any], clock: Clock, words: list[str], expected: list[str]
) -> None:
    for word in words:
        # A click within two seconds of the message is a preview, and no opening.
        clock.pass_by(seconds=3)
        world.told(link, word)
        world.settle()
        world.deliver()
    assert sorted(kinds(world)) == expected


@pytest.mark.both_databases
def test_who_is_forgotten_after_years_has_not_paid_again(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    clock.pass_by(hours=24 * 800)
    with world.services.store.write() as work:
        news_rows.forget(work, finished_before=clock())
    tenant = world.services.store.tenants.by_id("acme")
    assert tenant
    wanted = PersonToForget(order=page.order_id)
    forget_person(world.services.for_tenant(tenant), wanted, dry_run=False, on_step=lambda _read: None)
    world.settle()
    world.deliver()
    assert kinds(world) == ["paid"]


@pytest.mark.parametrize(("days", "expected"), [(29, ["paid"]), (31, [])])
def test_a_record_that_is_written_again_starts_no_flow_for_a_payment_of_long_ago(
    world: World, page: Page, link: dict[str, Any], clock: Clock, days: int, expected: list[str]
) -> None:
    policy = {"rights_from": "order_access", "notifications": False}
    world.tenant(policy=policy)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    clock.pass_by(hours=24 * days)
    world.tenant(policy={**policy, "payment_events": True})
    with world.services.store.write() as work:
        repushes.push_again(work, "acme", [page.order_id], now=clock())
    world.settle()
    world.deliver()
    assert kinds(world) == expected


def test_an_order_that_refuses_needs_a_person_once(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    for _ in range(3):
        world.settle()
        world.deliver()
        clock.pass_by(minutes=4)
        world.sweep()
    assert sorted(kinds(world)) == ["needs_person", "paid"]
    row = world.row("payment_requests")
    (key,) = [one["Event_Key__c"] for one in world.org.news.events if one["Kind__c"] == "needs_person"]
    assert key == f"{row['reference']}:{row['version']}:needs_person"


def test_no_event_names_a_request_whose_record_was_not_written(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    """A flow would look for the payment in a record that does not say it yet."""
    reference = world.row("payment_requests")["reference"]
    world.org.refuses[reference] = "REQUIRED_FIELD_MISSING"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert kinds(world) == []
    world.org.refuses.clear()
    clock.pass_by(hours=1)
    with world.services.store.write() as work:
        repushes.push_again(work, "acme", [page.order_id], now=clock())
    world.settle()
    world.deliver()
    assert "paid" in kinds(world)


def test_a_tenant_without_the_switch_publishes_nothing(world: World, page: Page) -> None:
    world.tenant(policy={"rights_from": "order_access", "notifications": False})
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()
    assert (world.deliver(), world.rows("payment_news")) == (0, [])


def test_an_event_that_is_due_when_the_admin_switches_them_off_is_not_published(
    world: World, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.tenant(policy={"rights_from": "order_access", "notifications": False})
    world.deliver()
    assert (kinds(world), states(world)) == ([], {("paid", "outdated", None)})


def test_an_event_whose_answer_is_lost_is_published_again_under_its_key(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.drop_answers = True
    world.deliver()
    world.org.news.drop_answers = False
    clock.pass_by(minutes=1)
    world.deliver()
    first, again = world.org.news.events
    assert first == again


def test_a_process_that_dies_while_it_publishes_is_followed_by_one_that_does(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.org.news.before = die
    world.deliver()
    world.org.news.before = None
    world.restart()
    clock.pass_by(minutes=5)
    world.deliver()
    assert kinds(world) == ["paid"]


@pytest.mark.both_databases
def test_an_allocation_that_is_used_up_pauses_events_and_no_record(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.news.refuses = lambda _event: "LIMIT_EXCEEDED"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    other = world.open(world.order())
    world.told(world.sent(other, phone="27831230000"), "PAYMENT_RECEIVED")
    world.deliver()
    calls = world.org.news.calls
    world.settle()
    world.deliver()
    assert world.org.orders[other.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    clock.pass_by(minutes=1)
    assert world.org.news.calls <= calls + 1
    assert ("paid", "due", "LIMIT_EXCEEDED") in states(world)
    world.org.news.refuses = lambda _event: None
    clock.pass_by(minutes=5)
    world.deliver()
    assert kinds(world) == ["paid", "paid"]


def test_what_becomes_due_while_an_allocation_is_used_up_waits_for_its_end(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.org.news.refuses = lambda _event: "LIMIT_EXCEEDED"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    reference = link["additionalData"]["reference"]
    soon = clock() + timedelta(seconds=30)
    event = News(Medium.EVENT, EventWord.REVERSED, reference, page.order_id, 9, "115", not_before=soon)
    with world.services.store.write() as work:
        news_rows.add(work, "acme", [event], {}, now=clock())
    world.deliver()
    calls = world.org.news.calls
    assert world.deliver(after=60) == 0
    assert world.org.news.calls == calls
    world.org.news.refuses = lambda _event: None
    world.deliver(after=300)
    assert sorted(kinds(world)) == ["paid", "reversed"]


def test_a_refused_event_is_tried_for_a_week_beside_others_that_are_taken(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    world.org.news.refuses = lambda event: "INVALID_TYPE" if event["Kind__c"] == "paid" else None
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    assert kinds(world) == ["needs_person"]
    assert "payment_events" in {row["check"] for row in world.rows("looks_due")}
    clock.at = world.rows("payment_news")[0]["created_at"] + timedelta(days=7)
    world.deliver(after=0)
    assert ("paid", "due", "INVALID_TYPE") in states(world), "a week is not over with its last moment"
    clock.pass_by(hours=1)
    world.deliver()
    assert ("paid", "refused", "INVALID_TYPE") in states(world)


def test_an_event_is_published_when_the_right_comes_after_a_weekend(
    world: World, link: dict[str, Any], clock: Clock
) -> None:
    world.org.news.refuses = lambda _event: "INSUFFICIENT_ACCESS"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.deliver()
    clock.pass_by(days=3)
    world.deliver()
    world.org.news.refuses = lambda _event: None
    clock.pass_by(minutes=15)
    world.deliver()
    assert kinds(world) == ["paid"]


def test_a_storm_with_faults_gives_every_paid_order_its_event_and_each_fact_one_key(
    world: World, page: Page, clock: Clock
) -> None:
    def check_records(event: dict[str, Any]) -> str | None:
        record = world.org.requests[event["Reference__c"]]
        assert record["Money_State__c"] == "paid", "the record comes first"
        faults.append(event["Event_Key__c"])
        return "PLATFORM_EVENT_PUBLISHING_UNAVAILABLE" if faults.count(event["Event_Key__c"]) % 3 == 1 else None

    faults: list[str] = []
    world.org.news.refuses = check_records
    for place in range(20):
        one = world.open(world.order())
        world.told(world.sent(one, phone=f"27831{200000 + place}"), "PAYMENT_RECEIVED")
        clock.pass_by(seconds=1)
    for place in range(12):
        world.org.news.drop_answers = place % 4 == 1
        world.settle()
        world.deliver()
        clock.pass_by(minutes=1)
    keys = [one["Event_Key__c"] for one in world.org.news.events]
    requests = world.rows("payment_requests")
    assert set(keys) == {f"{one['reference']}:{one['version']}:paid" for one in requests}
    assert len(requests) == 20
    assert {state for _, state, _ in states(world)} == {"delivered"}
