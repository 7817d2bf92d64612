"""A capture is at most what is held and due, whatever the caller's page or program still believes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.verbs import press
from tests.journeys.world import SENTENCES, Clock, Page, World

HELD = 115.0
LOWERED = {"Grand_Total__c": 100.0, "Sub_Total__c": 85.0}
ABOVE, NONE = "capture_above_due", "capture_none_due"


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page on an order of R115.00 that is held on its first link."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture"}}
    page = world.open(world.order(THANDI))
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    return page


def _part_paid(world: World, page: Page) -> None:
    """Let another link pay R40.00 of the order while it is R155.00, so that R75.00 is due of R115.00 afterwards."""
    world.org.change(page.order_id, Grand_Total__c=155.0, Sub_Total__c=140.0)
    again = world.open(page.order_id)
    world.told(world.sent(again, expected_total="155.00"), "PAYMENT_RECEIVED")
    world.org.change(page.order_id, Grand_Total__c=HELD, Sub_Total__c=100.0)


def _said(sentence: str, most: str) -> str:
    return SENTENCES[sentence].replace("{most:money}", f"R{most}").replace("{held:money}", "R115.00")


@pytest.mark.parametrize(
    ("changes", "amount", "refused"),
    [
        ({}, None, None),
        ({}, "115.00", None),
        ({"Grand_Total__c": 115.01, "Sub_Total__c": 100.01}, None, None),
        ({"Grand_Total__c": 114.99, "Sub_Total__c": 99.99}, None, (ABOVE, "114.99")),
        (LOWERED, None, (ABOVE, "100.00")),
        (LOWERED, "99.99", None),
        (LOWERED, "100.00", None),
        (LOWERED, "100.01", (ABOVE, "100.00")),
        (LOWERED, "115.01", (ABOVE, "100.00")),
        ({"Grand_Total__c": 0.0, "Sub_Total__c": 0.0, "Tax__c": 0.0}, None, (NONE, "0.00")),
        # What is due in another currency says nothing about this money.
        ({"Currency__c": "JPY", "Grand_Total__c": 1.0}, None, None),
        ("part paid", None, (ABOVE, "75.00")),
        ("part paid", "75.00", None),
        ("part paid", "75.01", (ABOVE, "75.00")),
    ],
)
@pytest.mark.parametrize("by", ["page", "key"])
def test_is_held_to_what_the_order_owes_when_it_is_made(
    world: World, page: Page, clock: Clock, by: str, changes: Any, amount: str | None, refused: tuple[str, str] | None
) -> None:
    reference = world.row("payment_requests")["reference"]
    if changes == "part paid":
        _part_paid(world, page)
    else:
        world.org.change(page.order_id, **changes)
    clock.pass_by(seconds=31)
    body = {} if amount is None else {"amount": amount}
    url = f"/api/payment-requests/{reference}/capture"
    if by == "key":
        told = KeyHolder(world, "capture").post(url, body).json
    else:
        told = world.client.post(url, json=body, headers=page.headers).json
    if refused is None:
        assert told["outcome"] == "captured"
        assert world.core.captures == [("link-0001", float(amount or HELD))]
    else:
        assert (told["outcome"], told["sentence"]) == ("amount_too_high", _said(*refused))
        assert world.core.captures == []


def test_that_was_refused_may_be_asked_again_for_what_it_names(world: World, page: Page, clock: Clock) -> None:
    world.org.change(page.order_id, **LOWERED)
    clock.pass_by(seconds=31)
    for key in ("key-00001", "key-00001"):
        assert press(world, page, "capture", key=key)["outcome"] == "amount_too_high"
    assert press(world, page, "capture", key="key-00002", amount="100.00")["outcome"] == "captured"
    assert world.core.captures == [("link-0001", 100.0)]


@pytest.mark.parametrize("seconds", [0, 1, 29, 31])
def test_follows_the_total_that_salesforce_has_now(world: World, page: Page, clock: Clock, seconds: int) -> None:
    world.open(page.order_id)
    world.org.change(page.order_id, **LOWERED)
    clock.pass_by(seconds=seconds)
    answer = press(world, page, "capture")
    assert (answer["outcome"], answer["sentence"]) == ("amount_too_high", _said(ABOVE, "100.00"))
    assert world.core.captures == []


def test_takes_what_a_raised_order_owes_at_once(world: World, page: Page) -> None:
    world.org.change(page.order_id, **LOWERED)
    world.open(page.order_id)
    world.org.change(page.order_id, Grand_Total__c=HELD, Sub_Total__c=100.0)
    assert press(world, page, "capture")["outcome"] == "captured"


def test_what_was_taken_from_another_hold_and_is_on_its_record_counts_once(world: World, page: Page) -> None:
    assert press(world, page, "capture")["outcome"] == "captured"
    world.org.change(page.order_id, Grand_Total__c=2 * HELD, Sub_Total__c=2 * HELD - 15)
    again = world.open(page.order_id)
    world.told(world.sent(again, expected_total="230.00"), "PAYMENT_AUTHORIZED")
    (reference,) = (row["reference"] for row in world.rows("payment_requests") if row["money"] == "authorized")
    answer = world.client.post(f"/api/payment-requests/{reference}/capture", headers=again.headers)
    assert answer.json["outcome"] == "captured"
    assert world.core.captures == [("link-0001", HELD), ("link-0002", HELD)]


def test_of_a_hold_that_nobody_told_us_of_names_what_may_be_taken_of_it(world: World) -> None:
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture"}}
    page = world.open(world.order(THANDI))
    world.core.happen(world.sent(page), "PAYMENT_AUTHORIZED")
    world.org.change(page.order_id, **LOWERED)
    answer = press(world, page, "capture")
    assert (answer["outcome"], answer["sentence"]) == ("amount_too_high", _said(ABOVE, "100.00"))


@pytest.fixture
@played_once
def two_holds(world: World, page: Page) -> tuple[Page, str, str]:
    """A page on another order of R115.00 that is held twice, and the references of both holds."""
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}}
    world.told(world.core.last(), "PAYMENT_REVERSED")
    late = world.open(world.order(THANDI))
    first = world.sent(late)
    world.told(first, "PAYMENT_LINK_EXPIRED")
    world.told(world.sent(late), "PAYMENT_AUTHORIZED")
    world.told(first, "PAYMENT_AUTHORIZED")
    one, other = (row["reference"] for row in world.rows("payment_requests") if row["order_id"] == late.order_id)
    return late, one, other


@pytest.mark.parametrize(("verb", "outcome"), [("capture", "amount_too_high"), ("reverse", "captured")])
def test_what_is_lost_on_its_way_for_another_hold_counts_as_taken_unless_it_was_a_reversal(
    world: World, two_holds: tuple[Page, str, str], verb: str, outcome: str
) -> None:
    page, one, other = two_holds
    world.core.lose_requests = True
    told = world.client.post(f"/api/payment-requests/{one}/{verb}", headers=page.headers)
    assert told.json["outcome"] == "unknown"
    world.core.lose_requests = False
    told = world.client.post(f"/api/payment-requests/{other}/capture", headers=page.headers)
    assert told.json["outcome"] == outcome


@pytest.mark.both_databases
def test_counts_what_is_taken_from_another_hold_and_not_on_its_record_yet(
    world: World, two_holds: tuple[Page, str, str]
) -> None:
    page, one, other = two_holds
    world.core.lags = True
    for reference, outcome in ((one, "captured"), (other, "amount_too_high")):
        answer = world.client.post(f"/api/payment-requests/{reference}/capture", headers=page.headers)
        assert answer.json["outcome"] == outcome
    assert answer.json["sentence"] == _said(NONE, "0.00")
    assert len(world.core.captures) == 1
