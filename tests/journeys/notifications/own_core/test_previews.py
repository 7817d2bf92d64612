"""A link that was probably fetched for a preview counts nowhere as opened by the customer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.world import SENTENCES, Clock, Page, World


@pytest.fixture
def previewed(world: World, page: Page, link: dict[str, Any], clock: Clock) -> dict[str, Any]:
    """The core's record of a link that was fetched a second after it was sent."""
    clock.pass_by(seconds=1)
    world.told(link, "PAYMENT_LINK_CLICKED")
    return link


def shown(world: World, page: Page) -> dict[str, Any]:
    request: dict[str, Any] = world.look(page)["payment_requests"][0]
    return request


def press(world: World, page: Page, verb: str) -> dict[str, Any]:
    reference = shown(world, page)["reference"]
    answer = world.client.post(f"/api/payment-requests/{reference}/{verb}", json={}, headers=page.headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json
    return told


@pytest.mark.usefixtures("previewed")
def test_is_said_and_the_agent_is_told_later_that_nobody_opened_it(world: World, page: Page) -> None:
    request = shown(world, page)
    assert (request["status"], request["probable_preview"]) == ("opened", True)
    assert [one["id"] for one in request["sentences"]] == ["probable_preview", "not_opened", "awaiting_confirmation"]
    assert [one["from"] for one in request["sentences"]] == [None, "2026-11-21T10:43:07.000Z", request["pay_by"]]
    assert request["sentences"][1]["values"]["until"] == request["pay_by"]
    assert [one["id"] for one in request["say"]] == ["say_preview"]
    assert {"cancel", "replace"} <= set(request["actions"])


@pytest.mark.usefixtures("previewed")
def test_whose_cancel_the_core_refuses_does_not_claim_that_somebody_is_paying(world: World, page: Page) -> None:
    told = press(world, page, "cancel")
    assert told["outcome"] == "already_clicked"
    assert told["sentence"] == SENTENCES["cancel_already_clicked_preview"].replace("{until:clock}", "12:57")
    assert world.core.cancels == ["link-0001"]
    assert press(world, page, "replace")["outcome"] == "not_dead"
    assert len(world.core.sends) == 1


def test_that_the_core_does_not_count_can_be_cancelled_and_replaced(
    world: World, page: Page, previewed: dict[str, Any]
) -> None:
    previewed["linkStatus"] = "PAYMENT_LINK_SENT"
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert world.core.cancels == ["link-0001"]
    assert len(world.core.sends) == 2


@pytest.mark.usefixtures("previewed")
def test_is_no_opening_in_salesforce(world: World, page: Page, previewed: dict[str, Any], clock: Clock) -> None:
    world.settle()
    (record,) = world.org.requests.values()
    assert (record["Opened_At__c"], record["Link_State__c"]) == (None, "opened")
    clock.pass_by(minutes=1)
    world.told(previewed, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=2)
    world.push()
    (record,) = world.org.requests.values()
    assert (record["Opened_At__c"], record["Status__c"]) == (None, "paid")
    assert {"cancel", "replace"} & set(shown(world, page)["actions"]) == set()


def test_that_ran_out_does_not_claim_that_the_customer_had_opened_it(
    world: World, page: Page, previewed: dict[str, Any], clock: Clock
) -> None:
    clock.pass_by(minutes=14)
    world.told(previewed, "PAYMENT_LINK_EXPIRED")
    assert [one["id"] for one in shown(world, page)["sentences"]] == ["expired_preview"]


def test_a_click_after_more_than_two_seconds_is_the_customer(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    clock.pass_by(seconds=3)
    world.told(link, "PAYMENT_LINK_CLICKED")
    request = shown(world, page)
    assert (request["probable_preview"], request["sentences"][0]["id"]) == (False, "opened")
    assert {"cancel", "replace"} & set(request["actions"]) == set()
    assert press(world, page, "cancel")["sentence"] == SENTENCES["cancel_already_clicked"]
    assert world.core.cancels == []
