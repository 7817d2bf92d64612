"""What our own rule refused counts as written only where Salesforce really shows a version that is not below ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.crowds import go_on
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World

TOKEN = "Diese Bestellung ist schon neuer. [chat2pay:newer-version]"
OLD = "This record already holds a newer version of its payment fields; the older change was not saved."
RULE = "FIELD_CUSTOM_VALIDATION_EXCEPTION"


@pytest.fixture
@played_once
def page(world: World) -> Page:
    page = world.open(world.order())
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    return page


def refuse(world: World, message: str, *, of: str = "id", code: str = RULE) -> None:
    errors = [{"statusCode": code, "message": message, "fields": ["Chat2Pay_Version__c"]}]
    world.org.answers_with = lambda record: errors if of in record else None


def questions_about_versions(world: World) -> int:
    return len([soql for _, soql in world.org.queries if "Chat2Pay_Version__c FROM Order" in soql])


def state(world: World) -> tuple[str, str | None]:
    row = world.row("outbox")
    return row["state"], row["reason"]


@pytest.mark.parametrize(
    "message", [TOKEN, OLD, f"T: first error: {RULE}, {TOKEN}: []"], ids=["token", "old", "nested"]
)
def test_a_newer_order_is_written(world: World, page: Page, message: str) -> None:
    world.org.orders[page.order_id]["Chat2Pay_Version__c"] = 99
    refuse(world, message)
    world.settle()
    assert state(world) == ("written", None)
    assert questions_about_versions(world) == 1


def test_an_order_that_shows_our_own_version_is_written(world: World, page: Page) -> None:
    world.org.orders[page.order_id]["Chat2Pay_Version__c"] = world.row("outbox")["version"]
    refuse(world, TOKEN)
    world.settle()
    assert state(world) == ("written", None)


@pytest.mark.parametrize("held", [None, 1], ids=["none", "an older one"])
@pytest.mark.parametrize("message", [TOKEN, OLD], ids=["token", "old"])
def test_a_rule_that_only_sounds_like_ours_never_makes_an_order_written(
    world: World, page: Page, held: int | None, message: str
) -> None:
    world.org.orders[page.order_id]["Chat2Pay_Version__c"] = held
    refuse(world, message)
    world.settle()
    assert state(world) == ("refused", RULE)
    world.org.answers_with = lambda _record: None
    go_on(world, seconds=300)
    assert state(world) == ("written", None)
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_somebody_elses_words_about_versions_cost_no_question(world: World, page: Page) -> None:
    refuse(world, "A newer version of the price agreement exists: renew the order first.")
    world.settle()
    assert state(world) == ("refused", RULE)
    assert questions_about_versions(world) == 0


@pytest.mark.parametrize(("held", "expected"), [(99, "written"), (1, "buried"), (None, "buried")])
def test_a_request_record_is_asked_about_by_its_reference(
    world: World, page: Page, held: int | None, expected: str
) -> None:
    reference = world.row("payment_requests")["reference"]
    world.org.requests[reference] = {"Chat2Pay_Version__c": held}
    refuse(world, TOKEN, of="Reference__c")
    world.settle()
    assert state(world)[0] == expected


def test_while_the_org_cannot_say_it_is_tried_again_and_nothing_is_taken_for_written(world: World, page: Page) -> None:
    world.org.orders[page.order_id]["Chat2Pay_Version__c"] = 99
    refuse(world, TOKEN)

    def away() -> None:
        world.org.down = True

    world.org.after_write = away
    world.settle()
    assert state(world)[0] == "waiting"
    world.org.down = False
    go_on(world, seconds=60)
    assert state(world) == ("written", None)


def test_where_our_user_may_not_read_the_version_a_person_is_asked(world: World, page: Page, lines: list[Any]) -> None:
    world.org.orders[page.order_id]["Chat2Pay_Version__c"] = 99
    refuse(world, TOKEN)
    world.org.answers["Order"] = "INVALID_FIELD"
    world.settle()
    assert state(world) == ("refused", RULE)
    assert "version_not_read" in [line["event"] for line in lines]
