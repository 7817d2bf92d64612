"""Giving money back: a hold released or a payment voided, once, and never what is settled."""

from __future__ import annotations

import pytest

from tests.factories import SIPHO, THANDI
from tests.journeys.amending.capturing.test_capture import ALL
from tests.journeys.played_once import played_once
from tests.journeys.verbs import Died, calls, die, post, press, shown
from tests.journeys.world import SENTENCES, Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may do everything, on an order with a link that was sent."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: ALL, SIPHO.user_id: ALL - {"Chat2Pay_Reverse"}}
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    return page


@pytest.mark.parametrize("word", ["PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED"])
def test_releases_what_is_held_and_gives_back_what_was_taken(world: World, page: Page, word: str) -> None:
    world.told(world.core.last(), word)
    told = press(world, page, "reverse")
    assert (told["outcome"], told["sentence"]) == ("reversed", "Given back or released: R115.00.")
    assert (told["payment_request"]["status"], told["payment_request"]["amount_reversed"]) == ("reversed", "115.00")
    assert world.core.reversals == ["link-0001"]
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "reversed"
    assert world.look(page)["can_send"] is True


def test_of_a_part_that_was_taken_gives_back_that_part(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    press(world, page, "capture", amount="40.00")
    told = press(world, page, "reverse")
    assert (told["outcome"], told["sentence"]) == ("reversed", "Given back or released: R40.00.")
    order = world.look(page)
    assert (order["amount_paid"], order["amount_due"], order["amount_reversed"]) == ("0.00", "115.00", "40.00")


def test_of_what_is_settled_sends_to_the_gateway(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.core.settled.add("link-0001")
    told = press(world, page, "reverse")
    assert told["outcome"] == "too_late_refund_at_gateway"
    assert told["sentence"] == SENTENCES["reverse_too_late_refund_at_gateway"]
    assert world.look(page)["payment_state"] == "paid"


def test_of_what_was_given_back_says_so_without_a_call(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    world.told(world.core.last(), "PAYMENT_REVERSED")
    told = press(world, page, "reverse")
    assert (told["outcome"], told["sentence"]) == ("already_reversed", SENTENCES["reverse_already_reversed"])
    assert world.core.reversals == []


def test_of_what_was_given_back_in_part_gives_back_the_rest(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.told(world.core.last(), "PAYMENT_REVERSED", reversedAmount=40.0)
    assert "reverse" in shown(world, page)["actions"]
    world.core.drop_answers = True
    told = press(world, page, "reverse")
    assert (told["outcome"], told["sentence"]) == ("reversed", "Given back or released: R115.00.")
    assert (told["payment_request"]["status"], told["payment_request"]["amount_reversed"]) == ("reversed", "115.00")
    assert world.core.reversals == ["link-0001"]
    assert press(world, page, "reverse")["outcome"] == "already_reversed"


def test_of_a_part_whose_rest_the_core_keeps_never_says_that_all_is_back(world: World, page: Page) -> None:
    """Its refusal is about the part; its record shows that the rest was kept."""
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.told(world.core.last(), "PAYMENT_REVERSED", reversedAmount=40.0)
    world.core.refuse = (409, "ALREADY_REVERSED")
    told = press(world, page, "reverse")
    assert (told["outcome"], told["payment_request"]["amount_paid"]) == ("refused", "75.00")
    assert told["sentence"] == SENTENCES["reverse_refused"].replace("{admin}", "Naledi in IT")


def test_of_a_part_whose_rest_is_settled_sends_to_the_gateway_for_the_rest(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.told(world.core.last(), "PAYMENT_REVERSED", reversedAmount=40.0)
    world.core.settled.add("link-0001")
    told = press(world, page, "reverse")
    assert (told["outcome"], told["payment_request"]["amount_paid"]) == ("too_late_refund_at_gateway", "75.00")
    assert "reverse" not in shown(world, page)["actions"]


def die_in_the_call(world: World, page: Page, clock: Clock, *, landed: bool) -> None:
    """Let the process die while it reverses, before or after the core has; another finds out what became of it."""
    world.core.on_move, world.core.on_moved = (None, die) if landed else (die, None)
    with pytest.raises(Died):
        post(world, page, "reverse")
    world.core.on_move = world.core.on_moved = None
    world.restart()
    clock.pass_by(minutes=2, seconds=1)
    world.sweep()
    assert calls(world) == [("reverse", False, "reversed" if landed else "never_arrived")]


@pytest.mark.parametrize("landed", [True, False], ids=["given back", "not given back"])
def test_of_the_rest_of_a_part_survives_a_process_that_dies_in_the_call(
    world: World, page: Page, clock: Clock, landed: bool
) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.told(world.core.last(), "PAYMENT_REVERSED", reversedAmount=40.0)
    die_in_the_call(world, page, clock, landed=landed)
    assert shown(world, page)["amount_reversed"] == ("115.00" if landed else "40.00")


def test_of_what_only_the_core_knows_to_be_given_back_says_so(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    world.core.happen(world.core.last(), "PAYMENT_REVERSED")
    told = press(world, page, "reverse")
    assert (told["outcome"], told["payment_request"]["status"]) == ("already_reversed", "reversed")


def test_of_no_money_has_nothing_to_give_back(world: World, page: Page) -> None:
    told = press(world, page, "reverse")
    assert (told["outcome"], told["sentence"]) == ("refused", SENTENCES["reverse_nothing_taken"])
    assert world.core.reversals == []


def test_that_the_core_refuses_for_another_reason_is_refused(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.core.refuse = (400, "RULE")
    told = press(world, page, "reverse")
    assert (told["outcome"], told["payment_request"]["status"]) == ("refused", "paid")
    assert told["sentence"] == SENTENCES["reverse_refused"].replace("{admin}", "Naledi in IT")


def test_whose_answer_is_lost_is_decided_by_the_cores_record(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.core.drop_answers = True
    assert press(world, page, "reverse")["outcome"] == "reversed"
    assert len(world.core.reversals) == 1


def test_that_is_unknown_keeps_a_capture_away_until_it_is_found_out(world: World, page: Page, clock: Clock) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    world.core.drop_answers = world.core.mute = True
    told = press(world, page, "reverse", key="key-00001")
    assert (told["outcome"], told["sentence"]) == ("unknown", SENTENCES["reverse_unknown"])
    world.core.drop_answers = False
    assert post(world, page, "capture").json["outcome"] == "unknown"
    world.core.mute = False
    told = press(world, page, "capture")
    assert (told["outcome"], told["payment_request"]["status"]) == ("refused", "reversed")
    assert press(world, page, "reverse", key="key-00001")["outcome"] == "reversed"
    assert (world.core.captures, len(world.core.reversals)) == ([], 1)


@pytest.mark.parametrize("landed", [True, False], ids=["given back", "not given back"])
def test_survives_a_process_that_dies_in_the_call(world: World, page: Page, clock: Clock, landed: bool) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    die_in_the_call(world, page, clock, landed=landed)
    assert shown(world, page)["status"] == ("reversed" if landed else "paid")


def test_that_a_callback_told_of_is_answered_at_once_under_the_key_of_a_process_that_died(
    world: World, page: Page
) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.core.on_moved = die
    with pytest.raises(Died):
        post(world, page, "reverse", key="key-00001")
    world.core.on_moved = None
    world.restart()
    world.told(world.core.last(), "PAYMENT_REVERSED")
    world.core.mute = True
    assert press(world, page, "reverse", key="key-00001")["outcome"] == "reversed"
    assert len(world.core.reversals) == 1


def test_without_the_right_is_403_with_a_sentence(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    answer = post(world, world.open(page.order_id, SIPHO), "reverse")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
    assert answer.json["error"]["message"].startswith("You may not give money back. Ask Naledi in IT")
    assert world.core.reversals == []


def test_is_possible_for_a_disabled_tenant(world: World, page: Page) -> None:
    """Switching off stops new money; it must not keep a customer from getting theirs back."""
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.disable()
    assert "reverse" in shown(world, page)["actions"]
    assert press(world, page, "reverse")["outcome"] == "reversed"


def test_of_another_order_is_404(world: World, page: Page) -> None:
    assert post(world, world.open(world.order()), "reverse").status_code == 404


def test_takes_no_amount(world: World, page: Page) -> None:
    assert post(world, page, "reverse", amount="1.00").status_code == 422
