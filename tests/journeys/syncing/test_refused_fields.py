"""Whose a request's record is, and what reports find in it: written with the push, whatever the org has or refuses."""

from __future__ import annotations

from typing import Any

import pytest

from connector.store.outbox import repushes
from tests.factories import SIPHO, THANDI
from tests.journeys.world import Clock, Page, World
from tests.peers.describing import REQUESTS, described, lookup, shipped

QUEUE_ID = "00Gxx000000QueueEAA"
ADDED = {
    "Requested_By_User__c", "Handled_By_User__c", "Sent_Date__c", "Sent_Hour__c", "Seconds_To_Open__c", "Attempt__c",
    "Seconds_To_Pay__c", "Probable_Preview__c", "Message_Failure__c", "Team__c", "Needs_Person__c", "Order_Updated__c",
}  # fmt: skip
REFUSED_OWNERS = (
    "INVALID_CROSS_REFERENCE_KEY",
    "OP_WITH_INVALID_USER_TYPE_EXCEPTION",
    "TRANSFER_REQUIRES_READ",
    "INACTIVE_OWNER_OR_USER",
)
# What decides is the org's answer, not our database.
on_one_database = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def org(world: World) -> Any:
    """An org with the metadata of this version, in a zone far from UTC."""
    world.org.describes[REQUESTS] = describe(shipped(REQUESTS))
    world.org.answers["Organization"] = [{"TimeZoneSidKey": "Pacific/Kiritimati"}]
    world.org.answers["Group"] = [{"Id": QUEUE_ID}]
    world.org.roles[THANDI.user_id] = "Sales Durban"
    return world.org


def describe(fields: list[dict[str, Any]]) -> dict[str, Any]:
    every = [*fields, lookup("OwnerId", "User", "Owner"), described("Id", "id", updateable=False)]
    return {"name": REQUESTS, "createable": True, "updateable": True, "fields": every}


def record(world: World) -> dict[str, Any]:
    """The record as the org has it."""
    ((_, found),) = world.org.requests.items()
    return found


def sent_records(world: World) -> list[dict[str, Any]]:
    return [one for one in world.org.pushed if one["attributes"]["type"] == REQUESTS]


def refuse(world: World, field: str, code: str, value: object = ..., also: tuple[str, ...] = ()) -> None:
    """Let the org refuse records that name something in a field; ``also``: what else its answer names."""

    def answer(sent: dict[str, Any]) -> list[dict[str, Any]] | None:
        if sent.get(field) is None or value not in (..., sent[field]):
            return None
        return [{"statusCode": code, "message": "no", "fields": [field, *also]}]

    world.org.answers_with = answer


def test_the_agent_owns_what_the_agent_sent_and_reports_find_it_ready(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    world.settle()
    clock.pass_by(seconds=40)
    world.told(link, "PAYMENT_LINK_CLICKED")
    clock.pass_by(seconds=20)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    expected = {
        "OwnerId": THANDI.user_id, "Requested_By_User__c": THANDI.user_id, "Handled_By_User__c": THANDI.user_id,
        "Team__c": "Sales Durban", "Attempt__c": 1, "Probable_Preview__c": False, "Message_Failure__c": None,
        # Sent at 10:42 UTC: the day after, fourteen hours ahead.
        "Sent_Date__c": "2026-11-22", "Sent_Hour__c": 0, "Seconds_To_Open__c": 42, "Seconds_To_Pay__c": 62,
        "Needs_Person__c": False, "Order_Updated__c": True,
    }  # fmt: skip
    assert {name: record(world)[name] for name in expected} == expected
    first, *later = sent_records(world)
    assert "OwnerId" in first
    assert later
    assert [one for one in later if {"OwnerId", "Team__c"} & one.keys()] == [], "a supervisor may have given it away"


def test_that_the_order_refused_the_news_is_corrected_and_the_owner_is_left_alone(world: World, page: Page) -> None:
    link = world.sent(page)
    world.settle()
    written = len(sent_records(world))
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    later = sent_records(world)[written:]
    assert [one["Order_Updated__c"] for one in later if "Order_Updated__c" in one][-1] is False
    assert [one for one in later if {"OwnerId", "Team__c"} & one.keys()] == [], "a supervisor may have given it away"


def test_a_push_makes_no_call_for_these_facts_after_the_first(world: World, page: Page) -> None:
    world.sent(page)
    world.settle()
    other = world.open(world.order())
    link = world.sent(other)
    before = world.org.calls
    world.settle()
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert world.org.calls - before == 2


def test_the_second_request_of_an_order_is_its_second_attempt(world: World, page: Page) -> None:
    world.sent(page)
    world.settle()
    assert world.cancel(page, world.row("payment_requests")["reference"]).status_code == 200
    world.sent(page)
    world.settle()
    assert sorted(one["Attempt__c"] for one in world.org.requests.values()) == [1, 2]
    assert {one["OwnerId"] for one in world.org.requests.values()} == {THANDI.user_id}


@on_one_database
@pytest.mark.parametrize("code", REFUSED_OWNERS)
def test_a_refused_owner_falls_to_the_queue_in_the_same_drain(
    world: World, page: Page, lines: list[Any], code: str
) -> None:
    other = world.open(world.order(SIPHO), SIPHO)
    refuse(world, "OwnerId", code, THANDI.user_id)
    world.sent(page)
    world.sent(other)
    world.settle()
    owners = {one["Order__c"]: one["OwnerId"] for one in world.org.requests.values()}
    assert owners == {page.order_id: QUEUE_ID, other.order_id: SIPHO.user_id}
    assert {row["state"] for row in world.rows("outbox")} == {"written"}
    (line,) = [one for one in lines if one["event"] == "request_people_refused"]
    assert (line["reason"], line["count"]) == (code, 1)


@on_one_database
@pytest.mark.parametrize("queue", [[], [{"Id": QUEUE_ID}], "INSUFFICIENT_ACCESS"])
def test_without_a_queue_that_takes_it_the_record_stays_with_our_user(world: World, page: Page, queue: Any) -> None:
    world.org.answers["Group"] = queue
    refuse(world, "OwnerId", "INVALID_CROSS_REFERENCE_KEY")
    world.sent(page)
    world.settle()
    assert "OwnerId" not in record(world)
    assert record(world)["Requested_By__c"] == THANDI.name
    assert world.row("outbox")["state"] == "written"


@on_one_database
@pytest.mark.parametrize("also", [(), ("Handled_By_User__c",)], ids=["one", "both"])
def test_a_refused_lookup_is_left_out_and_the_owner_stays(world: World, page: Page, also: tuple[str, ...]) -> None:
    refuse(world, "Requested_By_User__c", "INVALID_CROSS_REFERENCE_KEY", also=also)
    world.sent(page)
    world.settle()
    assert "Requested_By_User__c" not in record(world)
    assert (record(world)["OwnerId"], record(world)["Attempt__c"]) == (THANDI.user_id, 1)


@on_one_database
def test_an_org_with_older_metadata_gets_its_records_all_the_same(world: World, page: Page) -> None:
    older = [one for one in shipped(REQUESTS) if one["name"] not in ADDED]
    world.org.describes[REQUESTS] = describe(older)
    world.sent(page)
    world.settle()
    assert not ADDED & record(world).keys()
    assert (record(world)["Status__c"], record(world)["OwnerId"]) == ("sent", THANDI.user_id)


@on_one_database
def test_a_field_that_was_deleted_meanwhile_refuses_no_record(world: World, page: Page) -> None:
    world.sent(page)
    world.settle()
    world.org.describes[REQUESTS] = describe([one for one in shipped(REQUESTS) if one["name"] != "Team__c"])

    def fail(parts: list[dict[str, Any]]) -> list[Any]:
        gone = [{"errorCode": "INVALID_FIELD", "message": "No such column 'Team__c'"}]
        return [gone if any("Team__c" in one for one in part["body"]["records"]) else None for part in parts]

    world.org.fails_parts = fail
    other = world.open(world.order())
    world.sent(other)
    world.settle()
    assert {row["state"] for row in world.rows("outbox")} == {"written"}
    third = world.open(world.order())
    world.sent(third)
    world.settle()
    found = next(one for one in world.org.requests.values() if one["Order__c"] == third.order_id)
    assert found["Attempt__c"] == 1, "the org's fields were looked at again"
    assert found["OwnerId"] == THANDI.user_id, "a field says nothing of the agent"


def test_an_org_that_does_not_say_its_zone_any_more_keeps_the_day_of_sending(world: World, page: Page) -> None:
    link = world.sent(page)
    world.settle()
    sent_on = record(world)["Sent_Date__c"]
    world.org.answers["Organization"] = "INSUFFICIENT_ACCESS"
    world.restart()
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert (record(world)["Status__c"], record(world)["Sent_Date__c"]) == ("paid", sent_on)
    assert sent_on is not None


def test_a_record_that_was_deleted_and_comes_back_has_its_agent_again(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    world.settle()
    world.org.requests.clear()
    clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert (record(world)["OwnerId"], record(world)["Team__c"]) == (THANDI.user_id, "Sales Durban")


@on_one_database
def test_a_record_that_comes_back_has_no_field_that_its_org_has_not(world: World, page: Page, clock: Clock) -> None:
    world.org.describes[REQUESTS] = describe([one for one in shipped(REQUESTS) if one["name"] != "Team__c"])
    link = world.sent(page)
    world.settle()
    world.org.requests.clear()
    clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert record(world)["OwnerId"] == THANDI.user_id
    assert not [one for one in sent_records(world) if "Team__c" in one]


def test_a_record_that_comes_back_and_may_not_be_its_agents_is_the_queues(
    world: World, page: Page, clock: Clock
) -> None:
    refuse(world, "OwnerId", "INVALID_CROSS_REFERENCE_KEY", THANDI.user_id)
    link = world.sent(page)
    world.settle()
    world.org.requests.clear()
    clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert record(world)["OwnerId"] == QUEUE_ID


def test_a_record_that_is_written_again_keeps_the_owner_that_it_was_given(
    world: World, page: Page, clock: Clock
) -> None:
    world.sent(page)
    world.settle()
    record(world)["OwnerId"] = SIPHO.user_id
    clock.pass_by(minutes=1)
    with world.services.store.write() as work:
        repushes.push_again(work, "acme", [page.order_id], now=clock())
    world.settle()
    assert record(world)["OwnerId"] == SIPHO.user_id


@on_one_database
def test_a_lost_answer_leaves_one_record_with_its_owner(world: World, page: Page, clock: Clock) -> None:
    world.org.drop_answers = True
    world.sent(page)
    world.settle()
    world.org.drop_answers = False
    clock.pass_by(minutes=10)
    world.settle()
    assert record(world)["OwnerId"] == THANDI.user_id


def test_an_order_that_refuses_is_a_matter_for_a_person_until_it_takes_the_news(
    world: World, page: Page, clock: Clock
) -> None:
    link = world.sent(page)
    world.settle()
    assert record(world)["Order_Updated__c"] is True
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert (record(world)["Status__c"], record(world)["Order_Updated__c"], record(world)["Needs_Person__c"]) == (
        "paid", False, True,
    )  # fmt: skip
    world.org.refuses.clear()
    with world.services.store.write() as work:
        repushes.write_requests_again(work, "acme", [page.order_id], now=clock())
    world.settle()
    assert (record(world)["Order_Updated__c"], record(world)["Needs_Person__c"]) == (True, False)


@on_one_database
def test_an_order_that_refuses_is_told_in_the_records_that_were_written_before_too(world: World, page: Page) -> None:
    first = world.sent(page)
    world.told(first, "PAYMENT_LINK_EXPIRED")
    second = world.sent(page)
    world.settle()
    assert [one["Order_Updated__c"] for one in world.org.requests.values()] == [True, True]
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(second, "PAYMENT_RECEIVED")
    world.settle()
    assert [one["Order_Updated__c"] for one in world.org.requests.values()] == [False, False]


@on_one_database
def test_an_order_that_is_only_locked_just_now_is_no_matter_for_a_person(world: World, page: Page) -> None:
    link = world.sent(page)
    world.settle()
    world.org.refuses[page.order_id] = "UNABLE_TO_LOCK_ROW"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert (record(world)["Status__c"], record(world)["Order_Updated__c"], record(world)["Needs_Person__c"]) == (
        "paid", True, False,
    )  # fmt: skip


@on_one_database
def test_a_flag_that_the_org_refuses_undoes_no_record_that_was_written(
    world: World, page: Page, lines: list[Any]
) -> None:
    link = world.sent(page)
    world.settle()
    missing = [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "no", "fields": ["Reason__c"]}]
    world.org.answers_with = lambda sent: missing if sent.get("Order_Updated__c") is False else None
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert (record(world)["Status__c"], record(world)["Order_Updated__c"]) == ("paid", True)
    row = world.row("outbox")
    assert (row["state"], row["reason"]) == ("refused", "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    (line,) = [one for one in lines if one["event"] == "amend_refused"]
    assert (line["count"], line["reason"]) == (1, "REQUIRED_FIELD_MISSING")


@on_one_database
@pytest.mark.parametrize("what", ["the record's part", "the org"])
def test_an_unwritten_flag_is_written_with_the_next_try(world: World, page: Page, clock: Clock, what: str) -> None:
    link = world.sent(page)
    world.settle()
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    calls = len(world.org.writes)

    def fail(_parts: list[dict[str, Any]]) -> list[Any]:
        away = [{"errorCode": "SERVER_UNAVAILABLE", "message": "away"}]
        return [away] if len(world.org.writes) > calls + 1 else [None] * len(_parts)

    if what == "the org":
        world.org.after_write = lambda: setattr(world.org, "down", True)
    else:
        world.org.fails_parts = fail
    world.settle()
    assert (record(world)["Status__c"], record(world)["Order_Updated__c"]) == ("paid", True)
    world.org.fails_parts, world.org.down = None, False
    clock.pass_by(minutes=10)
    world.settle()
    assert record(world)["Order_Updated__c"] is False


@on_one_database
def test_what_an_api_key_sent_names_no_user(world: World, page: Page) -> None:
    world.sent(page)
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE payment_requests SET requested_by_id = 'key_1', handled_by_id = 'operator'")
    world.settle()
    assert (record(world)["Requested_By_User__c"], record(world)["Handled_By_User__c"]) == (None, None)
    assert not {"OwnerId", "Team__c"} & record(world).keys()


def test_an_outcome_that_stays_unknown_needs_a_person_after_five_minutes(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lose_requests = True
    world.send(page)
    world.settle()
    assert (record(world)["Status__c"], record(world)["Needs_Person__c"]) == ("unknown", False)
    clock.pass_by(minutes=4)
    assert world.push() == 0
    clock.pass_by(minutes=1)
    assert world.push() == 1
    assert record(world)["Needs_Person__c"] is True
    clock.pass_by(minutes=60)
    assert world.push() == 0


def test_every_payment_of_an_overpaid_order_needs_a_person_until_it_is_given_back(
    world: World, page: Page, clock: Clock
) -> None:
    first = world.sent(page)
    world.told(first, "PAYMENT_LINK_EXPIRED")
    second = world.sent(page)
    world.told(second, "PAYMENT_RECEIVED")
    world.settle()
    world.told(first, "PAYMENT_RECEIVED")
    world.settle()
    assert [one["Needs_Person__c"] for one in world.org.requests.values()] == [True, True]
    world.told(first, "PAYMENT_REVERSED")
    clock.pass_by(seconds=5)
    world.settle()
    assert [one["Needs_Person__c"] for one in world.org.requests.values()] == [False, False]
