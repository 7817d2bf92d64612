"""What all payment requests of an order add up to, whatever comes when."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.world import Clock, Page, World


def shown(world: World, page: Page) -> dict[str, Any]:
    found: dict[str, Any] = world.look(page)["payment_requests"][0]
    return found


def statuses(world: World, page: Page) -> list[str]:
    """Oldest first."""
    return [one["status"] for one in reversed(world.look(page)["payment_requests"])]


def given_up(world: World, page: Page) -> tuple[Page, dict[str, Any]]:
    """A link that the core did not know of after 25 minutes, and does all the same; the page is opened anew."""
    world.core.drop_answers = True
    world.send(page)
    world.core.drop_answers, world.core.hides = False, True
    world.clock.pass_by(minutes=25, seconds=1)
    world.sweep()
    world.core.hides = False
    return world.open(page.order_id), world.core.last()


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
@pytest.mark.parametrize("late", ["PAYMENT_DECLINED", "PAYMENT_REVIEW", "PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_SENT"])
def test_late_news_never_overwrites_a_success(
    world: World, page: Page, link: dict[str, Any], late: str, confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    world.told(link, "PAYMENT_RECEIVED")
    world.callback(notification(link, late, at=world.clock()))
    world.drain()
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("paid", "paid")


def test_the_first_link_that_expires_after_the_second_was_paid_changes_nothing(world: World, page: Page) -> None:
    page, first = given_up(world, page)
    second = world.sent(page)
    world.told(second, "PAYMENT_RECEIVED")
    world.told(first, "PAYMENT_LINK_EXPIRED")
    world.settle()
    order = world.look(page)
    assert (order["payment_state"], order["amount_due"]) == ("paid", "0.00")
    assert statuses(world, page) == ["expired", "paid"]
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_an_order_that_is_paid_twice_is_overpaid_and_told_so(world: World, page: Page) -> None:
    page, first = given_up(world, page)
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.told(first, "PAYMENT_RECEIVED")
    world.settle()
    order = world.look(page)
    assert (order["payment_state"], order["amount_paid"], order["amount_due"]) == ("overpaid", "230.00", "0.00")
    assert order["send_off"]["id"] == "overpaid"
    assert order["send_off"]["values"] == {name: {"amount": "115.00", "currency": "ZAR"} for name in "ab"}
    salesforce = world.org.orders[page.order_id]
    assert (salesforce["Chat2Pay_Payment_State__c"], salesforce["Chat2Pay_Amount_Paid__c"]) == ("overpaid", 230)


@pytest.mark.parametrize("word", ["PAYMENT_RECEIVED", "PAYMENT_AUTHORIZED"])
def test_money_after_a_cancel_counts_and_is_flagged(
    world: World, page: Page, link: dict[str, Any], lines: list[Any], word: str
) -> None:
    reference = world.row("payment_requests")["reference"]
    world.cancel(page, reference)
    world.told(link, word)
    assert shown(world, page)["status"] in ("paid", "authorized")
    assert world.row("payment_requests")["money_after_close"] is True
    assert [line["reference"] for line in lines if line["event"] == "money_after_close"] == [reference]
    assert world.look(page)["can_send"] is False


def test_money_that_was_given_back_is_due_again(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.told(link, "PAYMENT_REVERSED")
    world.settle()
    order = world.look(page)
    assert (order["payment_state"], order["amount_due"], order["amount_reversed"]) == ("reversed", "115.00", "115.00")
    assert order["can_send"] is True
    assert world.org.orders[page.order_id]["Chat2Pay_Amount_Reversed__c"] == 115


def test_a_decline_leaves_the_link_alive_and_another_card_may_pay(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_LINK_CLICKED")
    world.told(link, "PAYMENT_DECLINED")
    assert shown(world, page)["sentences"][0]["id"] == "declined"
    assert world.look(page)["can_send"] is False
    world.told(link, "PAYMENT_RECEIVED")
    assert shown(world, page)["status"] == "paid"


def test_a_review_that_ends_badly_is_a_decline(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_REVIEW")
    assert world.look(page)["payment_state"] == "in_review"
    world.told(link, "PAYMENT_DECLINED", reviewFinalisedTimestamp="2026-11-21T10:50:00.000+0000")
    assert (shown(world, page)["status"], world.row("payment_requests")["money"]) == ("declined", "refused")
    assert world.look(page)["can_send"] is True


def test_a_hold_that_is_captured_is_paid(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_AUTHORIZED")
    order = world.look(page)
    assert (order["payment_state"], order["amount_authorized"]) == ("authorized", "115.00")
    world.told(link, "PAYMENT_CAPTURED")
    order = world.look(page)
    assert (order["payment_state"], order["amount_paid"], order["amount_authorized"]) == ("paid", "115.00", "0.00")
