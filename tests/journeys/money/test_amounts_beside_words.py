"""The core's amounts count where its word for a payment says less: what people read never contradicts them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import notification
from tests.journeys.verbs import shown
from tests.journeys.world import Clock, Page, World


@pytest.mark.parametrize(
    "word", ["PAYMENT_RECEIVED", "PAYMENT_REFUNDED"], ids=["its word is as before", "unknown word"]
)
def test_a_payment_that_was_refunded_is_never_shown_as_paid(
    world: World, page: Page, link: dict[str, Any], clock: Clock, word: str
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=5)
    world.told(link, word, reversedAmount=115.0)
    request, order = shown(world, page), world.look(page)
    assert (request["status"], request["amount_paid"], request["amount_reversed"]) == ("reversed", "0.00", "115.00")
    assert [one["id"] for one in request["sentences"]] == ["reversed"]
    assert (order["payment_state"], order["amount_due"], order["can_send"]) == ("reversed", "115.00", True)


def test_a_payment_in_a_word_that_nobody_knows_is_paid_and_its_link_is_not_offered_again(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_SETTLED", capturedAmount=115.0)
    world.settle()
    request = shown(world, page)
    assert (request["status"], request["actions"]) == ("paid", ["reverse", "refresh"])
    assert [one["id"] for one in request["sentences"]] == ["paid_written"]
    assert world.look(page)["payment_state"] == "paid"


def test_a_hold_of_which_a_part_was_released_still_holds_the_rest(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    """Who asks for the whole again would have the customer's money twice."""
    world.told(link, "PAYMENT_AUTHORIZED")
    world.told(link, "PAYMENT_REVERSED", reversedAmount=40.0)
    order, request = world.look(page), shown(world, page)
    assert (request["status"], request["amount_authorized"]) == ("authorized", "75.00")
    assert (order["payment_state"], order["amount_authorized"], order["can_send"]) == ("authorized", "75.00", True)
    assert world.send(page, amount="115.00").json["error"]["fields"] == {"amount": ["Only 40.00 ZAR is due."]}


def test_a_part_that_was_refunded_under_the_same_word_is_told_as_given_back(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    clock.pass_by(seconds=5)
    world.told(link, "PAYMENT_RECEIVED", reversedAmount=40.0)
    request = shown(world, page)
    assert (request["status"], request["amount_paid"]) == ("part_paid", "75.00")
    assert [one["id"] for one in request["sentences"]] == ["part_given_back"]


def test_what_is_booked_for_a_payment_in_review_makes_no_order_paid(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_REVIEW", capturedAmount=115.0)
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("in_review", "in_review")
    world.told(link, "PAYMENT_RECEIVED")
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("paid", "paid")


@pytest.mark.parametrize("confirm", [True, False], ids=["confirming", "not confirming"])
def test_a_review_that_ended_in_a_decline_is_over_though_nobody_says_when(
    world: World, page: Page, link: dict[str, Any], clock: Clock, confirm: bool
) -> None:
    world.tenant(confirm=confirm)
    world.told(link, "PAYMENT_REVIEW")
    assert shown(world, page)["status"] == "in_review"
    clock.pass_by(minutes=2)
    world.told(link, "PAYMENT_DECLINED")
    request, order = shown(world, page), world.look(page)
    assert (request["status"], [one["id"] for one in request["sentences"]]) == ("declined", ["declined_dead"])
    assert (order["payment_state"], order["amount_due"], order["can_send"]) == ("unpaid", "115.00", True)
    # Money that comes all the same counts.
    clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_RECEIVED")
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("paid", "paid")


def test_the_end_of_a_review_that_no_callback_told_is_found(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_REVIEW")
    world.core.happen(link, "PAYMENT_DECLINED")
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, page)["status"] == "declined"
    clock.pass_by(minutes=5)
    world.sweep()
    assert (world.look(page)["payment_state"], world.row("payment_requests")["money"]) == ("unpaid", "refused")


def test_the_card_before_the_one_in_review_ends_no_review(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    """The core's record lags: it still shows the first card's decline."""
    world.tenant(confirm=False)
    world.told(link, "PAYMENT_DECLINED")
    clock.pass_by(seconds=20)
    body = notification(link, "PAYMENT_REVIEW", at=clock())
    world.callback(body)
    world.drain()
    assert (shown(world, page)["status"], shown(world, page)["awaiting_confirmation"]) == ("declined", True)
    world.core.happen(link, "PAYMENT_REVIEW")
    clock.pass_by(seconds=1)
    world.drain()
    assert (shown(world, page)["status"], world.look(page)["can_send"]) == ("in_review", False)


@pytest.mark.parametrize("amount", [" ", "ZAR 0.00", "0.00 zar", "1E-25"])
def test_an_amount_in_an_odd_form_keeps_no_payment_away(
    world: World, page: Page, link: dict[str, Any], amount: str
) -> None:
    world.told(link, "PAYMENT_RECEIVED", reversedAmount=amount)
    assert (shown(world, page)["status"], world.look(page)["amount_due"]) == ("paid", "0.00")


@pytest.mark.parametrize("amount", ["115,00", "1.150,00", "1,150.00", "R115"])
def test_a_record_whose_amount_cannot_be_read_says_so_and_loses_nothing(
    world: World, page: Page, link: dict[str, Any], clock: Clock, amount: str
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=amount)
    for _ in range(8):
        clock.pass_by(minutes=1)
        world.drain()
        world.sweep()
    (waiting,) = world.rows("inbox")
    assert (waiting["verdict"], waiting["reason"]) == ("awaiting confirmation", "fields:captured")
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("sent", "requested")
    link["capturedAmount"] = "115.00"
    clock.pass_by(minutes=1)
    world.drain()
    assert (shown(world, page)["status"], world.row("inbox")["verdict"]) == ("paid", "applied")


@pytest.mark.parametrize("amount", ["USD 115.00", "115.00 usd", "ZARUSD 115.00", "ZAR", "ZAR 115.00 ZAR"])
def test_an_amount_beside_another_currency_than_the_records_pays_no_order(
    world: World, page: Page, link: dict[str, Any], amount: str
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=amount)
    assert (shown(world, page)["status"], world.look(page)["payment_state"]) == ("sent", "requested")
    world.told(link, "PAYMENT_RECEIVED", capturedAmount="ZAR 115.00")
    world.sweep()
    assert shown(world, page)["status"] == "paid"
