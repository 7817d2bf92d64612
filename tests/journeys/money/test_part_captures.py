"""Less than was asked for: told as a part wherever a status is told, in Salesforce, in the API, to people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.keys import KeyHolder
from tests.journeys.money.conftest import OFFERED
from tests.journeys.played_once import played_once
from tests.journeys.verbs import post, press, shown
from tests.journeys.world import Page, World


@pytest.fixture
@played_once
def taken(world: World, page: Page) -> Page:
    """R40 of R115 were captured."""
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    assert press(world, page, "capture", amount="40.00")["outcome"] == "captured"
    world.settle()
    return page


def test_the_request_record_and_the_order_say_part_paid(world: World, taken: Page) -> None:
    (record,) = world.org.requests.values()
    assert (record["Status__c"], record["Money_State__c"], record["Amount_Paid__c"]) == ("part_paid", "part_paid", 40)
    order = world.org.orders[taken.order_id]
    assert (order["Chat2Pay_Payment_State__c"], order["Chat2Pay_Status__c"]) == ("part_paid", "part_paid")
    assert (order["Chat2Pay_Amount_Paid__c"], order["Chat2Pay_Amount_Due__c"]) == (40, 75)


def test_the_page_says_how_much_of_what_and_what_is_still_due(world: World, taken: Page) -> None:
    request = shown(world, taken)
    assert (request["status"], request["states"]["money"], request["amount_paid"]) == (
        "part_paid",
        "part_paid",
        "40.00",
    )
    assert [one["id"] for one in request["sentences"]] == ["part_paid_written"]
    assert [one["id"] for one in request["say"]] == ["say_part_paid"]
    assert "timeline_part_paid" in [one["id"] for one in request["timeline"]]
    order = world.look(taken)
    assert [one["id"] for one in order["sentences"]] == ["order_part_paid"]
    assert (order["payment_state"], order["amount_due"], order["can_send"]) == ("part_paid", "75.00", True)


def test_a_salesforce_that_is_late_or_refuses_is_told_too(world: World, page: Page) -> None:
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    press(world, page, "capture", amount="40.00")
    assert shown(world, page)["sentences"][0]["id"] == "part_paid"
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.settle()
    assert shown(world, page)["sentences"][0]["id"] == "part_paid_order_refuses"


def test_a_cancel_is_told_what_was_taken(world: World, taken: Page) -> None:
    reference = shown(world, taken)["reference"]
    answer = world.cancel(taken, reference).json
    assert answer["outcome"] == "paid"
    assert answer["sentence"].startswith("Paid in part meanwhile")
    assert answer["sentence"].endswith("R40.00 of R115.00.")


def test_the_rest_may_be_asked_for_and_makes_the_order_paid(world: World, taken: Page) -> None:
    world.told(world.sent(taken), "PAYMENT_RECEIVED")
    world.settle()
    order = world.look(taken)
    assert (order["payment_state"], order["amount_due"], order["sentences"]) == ("paid", "0.00", [])
    assert sorted(one["status"] for one in order["payment_requests"]) == ["paid", "part_paid"]


@pytest.mark.parametrize(
    ("status", "found"), [("part_paid", 1), ("paid", 1), ("reversed", 1), ("authorized", 1), ("sent", 0)]
)
def test_the_list_finds_each_status_and_no_other(world: World, taken: Page, status: str, found: int) -> None:
    """One request is paid in part, one in full, one was given back, one is held."""
    for words in (["PAYMENT_RECEIVED"], ["PAYMENT_RECEIVED", "PAYMENT_REVERSED"], ["PAYMENT_AUTHORIZED"]):
        made = world.sent(world.open(world.order()))
        for word in words:
            world.told(made, word)
    reader = KeyHolder(world, "read")
    listed = reader.get("/api/payment-requests", status=status).json["payment_requests"]
    assert [one["status"] for one in listed] == [status] * found


def test_a_part_that_was_given_back_is_neither_paid_nor_reversed(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.told(link, "PAYMENT_REVERSED", reversedAmount=40.0)
    world.settle()
    request = shown(world, page)
    assert (request["status"], request["amount_paid"], request["amount_reversed"]) == ("part_paid", "75.00", "40.00")
    assert request["sentences"][0]["id"] == "part_given_back"
    (record,) = world.org.requests.values()
    assert (record["Status__c"], record["Money_State__c"]) == ("part_paid", "reversed")
    assert world.look(page)["amount_due"] == "40.00"


def test_the_rest_of_a_hold_that_the_core_counts_as_reversed_is_no_refund(world: World, page: Page) -> None:
    link = world.sent(page)
    world.told(link, "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_CAPTURED", capturedAmount=60.0, reversedAmount=55.0)
    world.clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_VOIDED")  # the same amounts: of the rest, as far as anybody can tell
    world.settle()
    request, order = shown(world, page), world.look(page)
    assert (request["status"], request["amount_paid"], request["amount_reversed"]) == ("part_paid", "60.00", "0.00")
    assert [one["id"] for one in request["sentences"]] == ["part_paid_written"]
    assert (order["amount_due"], order["amount_authorized"]) == ("55.00", "0.00")
    assert [row["verdict"] for row in world.rows("inbox")] == ["applied"] * 3
    world.clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_REVERSED", reversedAmount=75.0)
    request = shown(world, page)
    assert (request["amount_paid"], request["amount_reversed"]) == ("40.00", "20.00")
    assert request["sentences"][0]["id"] == "part_given_back"


def test_news_of_a_second_part_that_is_back_waits_for_the_record_that_shows_it(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.told(link, "PAYMENT_REVERSED", reversedAmount=40.0)
    world.clock.pass_by(minutes=3)
    world.callback(notification(link, "PAYMENT_REVERSED", at=world.clock()))
    world.drain()  # the record lags
    assert [row["verdict"] for row in world.rows("inbox")][-1] == "awaiting confirmation"
    assert (shown(world, page)["amount_reversed"], shown(world, page)["awaiting_confirmation"]) == ("40.00", True)
    link["reversedAmount"] = 75.0
    world.clock.pass_by(seconds=1)
    world.drain()
    assert [row["verdict"] for row in world.rows("inbox")] == ["applied"] * 3
    assert (shown(world, page)["amount_paid"], shown(world, page)["awaiting_confirmation"]) == ("40.00", False)


def test_news_of_a_second_part_that_the_core_never_shows_is_kept_for_a_person(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    first = world.core.happen(link, "PAYMENT_REVERSED", reversedAmount=40.0)
    world.callback(first)
    world.drain()
    world.clock.pass_by(minutes=3)
    world.callback({**first, "merchantName": "told again"})  # the same news once more
    world.callback(notification(link, "PAYMENT_REVERSED", at=world.clock()))
    for _ in range(8):
        world.drain()
        world.clock.pass_by(seconds=60)
    assert [(row["verdict"], row["reason"]) for row in world.rows("inbox")][-2:] == [
        ("stale", None),
        ("anomaly", "core_says_otherwise"),
    ]
    assert (shown(world, page)["amount_reversed"], shown(world, page)["awaiting_confirmation"]) == ("40.00", False)


def test_a_flow_reads_both_amounts(world: World, taken: Page) -> None:
    flow = KeyHolder(world, "flow")
    answer = flow.post("/flow/status", {"order_id": taken.order_id, "org_id": world.org.org_id}).json
    assert (answer["outcome"], answer["status"], answer["amount_paid"]) == ("part_paid", "part_paid", "40.00")
    assert answer["sentence"] == "Part paid: R40.00 of R115.00 by SMS."


def test_a_part_of_a_hold_is_taken_in_the_steps_of_the_gateway(world: World, page: Page) -> None:
    world.tenant(policy={}, configuration={**OFFERED, "amount_steps": {"ZAR": "0.10"}})
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    refused = post(world, page, "capture", amount="40.05")
    assert (refused.status_code, list(refused.json["error"]["fields"])) == (422, ["amount"])
    assert refused.json["error"]["sentence"]["values"]["nearest"] == {"amount": "40.00", "currency": "ZAR"}
    assert press(world, page, "capture", amount="40.10")["outcome"] == "captured"
