"""An admin's own mapping: who may be asked for money, in which language, and what the order is told besides its fields."""

from __future__ import annotations

from typing import Any

import pytest

from connector import metrics
from tests.journeys.crowds import go_on
from tests.journeys.world import Page, World, fields_of


def mapped(world: World, **own: Any) -> None:
    world.tenant(mapping=own)


def records(world: World, order_id: str) -> list[dict[str, Any]]:
    return world.org.order_records(order_id)


# --- which orders may be asked for money -----------------------------------------------------------------------------


def test_an_order_that_a_rule_refuses_is_shown_with_the_field_and_its_value_and_nothing_is_sent(world: World) -> None:
    page = world.open(world.order(Status="Cancelled"))
    (problem,) = page.data["order"]["problems"]
    assert problem["field"] == "Status"
    assert problem["sentence"]["id"] == "order_not_payable_status"
    assert problem["sentence"]["values"] == {"field": "Status", "value": "Cancelled", "admin": "Naledi in IT"}
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "order_not_payable")
    assert fields_of(answer) == {"Status"}
    assert world.core.sends == []


@pytest.mark.parametrize(
    ("rule", "fields", "may"),
    [
        ({"field": "Status", "one_of": ["Activated"]}, {"Status": "Activated"}, True),
        ({"field": "Status", "one_of": ["Activated"]}, {"Status": "activated"}, True),
        ({"field": "Status", "one_of": ["Activated"]}, {"Status": "Draft"}, False),
        ({"field": "Status", "one_of": ["Activated"]}, {"Status": None}, False),
        ({"field": "Account.OnHold__c", "none_of": ["true"]}, {"Account": {"Phone": None, "OnHold__c": True}}, False),
        ({"field": "Account.OnHold__c", "none_of": ["true"]}, {"Account": {"Phone": None, "OnHold__c": False}}, True),
        ({"field": "Account.OnHold__c", "none_of": ["true"]}, {"Account": None}, True),
    ],
)
def test_an_order_is_asked_for_money_where_the_rules_allow_it(
    world: World, rule: dict[str, Any], fields: dict[str, Any], may: bool
) -> None:
    mapped(world, payable=[rule])
    page = world.open(world.order(**fields))
    assert world.send(page).status_code == (201 if may else 422)
    soql = world.org.queries[0][1]
    assert rule["field"] in soql
    assert len(world.org.queries) == 2  # one to open the page, one to send


# --- languages -------------------------------------------------------------------------------------------------------

TABLE = {"field": "Account.Locale__c", "table": {"en_US": "en", "af": "af", "pt_BR": "pt"}, "default": "zu"}


@pytest.mark.parametrize(
    ("language", "locale", "told"),
    [
        (TABLE, "af", "af"),
        (TABLE, "pt_BR", "pt"),
        (TABLE, "de_DE", "zu"),
        (TABLE, None, "zu"),
        ({**TABLE, "default": None}, "de_DE", "en"),
        ({"default": "af"}, "en_US", "af"),
        ({}, "af", "en"),
    ],
)
def test_a_customer_is_written_to_in_the_language_that_the_mapping_finds(
    world: World, language: Any, locale: str | None, told: str
) -> None:
    mapped(world, read={"language": language})
    page = world.open(world.order(Account={"Phone": None, "Locale__c": locale}))
    world.sent(page)
    assert world.row("payment_requests")["language"] == told
    assert [one["language"] for one in world.core.sends] == [told]
    world.settle()
    assert [one["Language__c"] for one in world.org.requests.values()] == [told]


# --- Status ----------------------------------------------------------------------------------------------------------


def paid(world: World, page: Page) -> None:
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()


def test_no_status_is_written_as_long_as_the_mapping_names_none(world: World) -> None:
    page = world.open(world.order())
    paid(world, page)
    assert all("Status" not in record for record in records(world, page.order_id))


def test_the_mapped_status_is_written_with_the_payment_fields_in_one_call(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Activated"}})
    page = world.open(world.order(Status="Draft"))
    link = world.sent(page)
    world.settle()
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    requested, done = records(world, page.order_id)
    assert "Status" not in requested
    assert (done["Status"], done["Chat2Pay_Payment_State__c"]) == ("Activated", "paid")
    assert len(world.org.writes) == 2


@pytest.mark.both_databases
def test_a_status_is_told_once_and_never_taken_back_from_a_person_who_moved_the_order_on(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Activated"}})
    page = world.open(world.order(Status="Draft"))
    paid(world, page)
    world.org.statuses.add("Shipped")
    world.org.orders[page.order_id]["Status"] = "Shipped"
    world.org.orders[page.order_id]["Chat2Pay_Amount_Due__c"] = 7
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due_at = pushed_at")
    world.push()
    assert len(records(world, page.order_id)) == 2
    assert world.org.orders[page.order_id]["Status"] == "Shipped"
    assert world.org.orders[page.order_id]["Chat2Pay_Amount_Due__c"] == 0


def test_a_refused_status_costs_one_more_call_and_not_the_payment_fields(world: World, lines: list[Any]) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    before = sum(metrics.registry.counts(metrics.STATUS_REFUSED).values())
    paid(world, page)
    first, second = records(world, page.order_id)
    assert (first["Status"], "Status" in second) == ("Paid", False)
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert world.org.orders[page.order_id]["Status"] == "Draft"
    assert len(world.org.writes) == 2
    assert len([one for one in world.org.pushed if "Reference__c" in one]) == 1, "its request was written at once"
    row = world.row("outbox")
    assert (row["state"], row["pushed_version"]) == ("written", row["version"])
    assert row["reason"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    (line,) = [one for one in lines if one["event"] == "order_status_refused"]
    assert (line["log_level"], line["order"], line["fields"]) == ("error", page.order_id, "Status")
    assert sum(metrics.registry.counts(metrics.STATUS_REFUSED).values()) == before + 1
    assert "chat2pay_order_status_refused" in world.client.get("/metrics").text


def test_a_refused_status_names_the_other_fields_that_its_rule_asks_for(world: World, lines: list[Any]) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    rule = [{"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Say why.", "fields": ["Reason__c"]}]
    world.org.statuses.add("Paid")
    world.org.answers_with = lambda record: rule if record.get("Status") == "Paid" else None
    paid(world, page)
    (line,) = [one for one in lines if one["event"] == "order_status_refused"]
    assert (line["code"], line["fields"]) == ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Status,Reason__c")


def test_a_refused_status_is_tried_again_with_the_next_news_until_the_admin_has_fixed_it(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    paid(world, page)
    world.org.statuses.add("Paid")
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due_at = pushed_at")
    world.push()
    assert world.org.orders[page.order_id]["Status"] == "Paid"
    assert world.row("outbox")["reason"] is None


def test_a_refused_status_is_written_within_five_minutes_of_the_fix(world: World, lines: list[Any]) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    paid(world, page)
    go_on(world, seconds=600)
    assert world.look(page)["payment_requests"][0]["salesforce"]["state"] == "written"
    assert len([one for one in lines if one["event"] == "order_status_refused"]) == 1
    world.org.statuses.add("Paid")
    go_on(world, seconds=300)
    assert world.org.orders[page.order_id]["Status"] == "Paid"
    assert world.row("outbox")["blocked_by"] is None
    assert go_on(world, seconds=600) == 0


def test_a_refused_status_is_left_to_a_person_who_moved_the_order_on_meanwhile(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    paid(world, page)
    world.org.statuses |= {"Paid", "Shipped"}
    world.org.orders[page.order_id]["Status"] = "Shipped"
    go_on(world, seconds=600)
    assert world.org.orders[page.order_id]["Status"] == "Shipped"
    assert (world.row("outbox")["blocked_by"], world.row("outbox")["told_state"]) == (None, "paid")


def test_a_refused_status_waits_while_nobody_can_say_what_the_order_shows(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    paid(world, page)
    world.org.statuses.add("Paid")
    world.org.answers["Order"] = "QUERY_TIMEOUT"
    go_on(world, seconds=300)
    assert world.org.orders[page.order_id]["Status"] == "Draft"
    del world.org.answers["Order"]
    go_on(world, seconds=310)
    assert world.org.orders[page.order_id]["Status"] == "Paid"


@pytest.mark.parametrize("code", ["API_DISABLED_FOR_ORG", "INVALID_FIELD"])
def test_a_call_that_is_refused_as_a_whole_is_not_made_again_without_the_status_or_the_people(
    world: World, code: str
) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page = world.open(world.order(Status="Draft"))
    link = world.sent(page)
    world.settle()
    world.told(link, "PAYMENT_RECEIVED")
    world.org.call_fails = (400, f'[{{"errorCode": "{code}", "message": "No."}}]')
    calls = world.org.calls
    world.push()
    assert (world.org.calls - calls, world.row("outbox")["reason"]) == (1, code)


def test_an_order_that_refuses_without_a_status_to_write_is_not_asked_twice(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Activated"}})
    page = world.open(world.order(Status="Draft"))
    paid(world, page)
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    before = len(records(world, page.order_id))
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due_at = pushed_at")
    world.push()
    assert len(records(world, page.order_id)) == before + 1


def test_the_status_of_one_order_that_was_refused_keeps_no_other_waiting(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Paid"}})
    page, other = (world.open(world.order(Status="Draft")) for _ in range(2))
    link = world.sent(other)
    paid(world, page)
    world.told(link, "PAYMENT_RECEIVED")
    world.org.statuses.add("Paid")
    for answer, shown in (("QUERY_TIMEOUT", ["Draft", "Paid"]), (None, ["Paid", "Paid"])):
        world.org.answers = {"Order": answer} if answer else {}
        with world.services.store.database.write() as connection:
            connection.exec_driver_sql("UPDATE outbox SET due_at = pushed_at")
        world.push()
        assert [world.org.orders[one.order_id]["Status"] for one in (page, other)] == shown


def test_an_order_that_refuses_with_and_without_its_status_is_shown_as_refused(world: World) -> None:
    mapped(world, write_status={"values": {"paid": "Activated"}})
    page = world.open(world.order(Status="Draft"))
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    paid(world, page)
    row = world.row("outbox")
    assert (row["state"], row["reason"]) == ("refused", "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert [one["Status__c"] for one in world.org.requests.values()] == ["paid"]
