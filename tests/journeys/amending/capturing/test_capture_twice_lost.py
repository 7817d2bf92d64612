"""What a capture's caller is told where the core's answer alone would mislead: a refusal, a late status, a second loss."""

from __future__ import annotations

import pytest

from tests.factories import THANDI
from tests.journeys.played_once import played_once
from tests.journeys.verbs import Died, calls, die, post, press, shown
from tests.journeys.world import Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may capture, on an order whose money is held."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture"}}
    page = world.open(world.order())
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    return page


def test_a_refusal_of_what_the_record_shows_as_taken_says_that_it_is_taken(world: World, page: Page) -> None:
    world.core.happen(world.core.last(), "PAYMENT_CAPTURED")  # in the core's portal: nobody told us
    world.core.refuse = (409, "SOMETHING_ELSE")
    told = press(world, page, "capture")
    assert (told["outcome"], told["payment_request"]["status"]) == ("already_captured", "paid")


def test_a_capture_that_is_lost_a_second_time_is_said_to_be_unknown_a_second_time(
    world: World, page: Page, clock: Clock
) -> None:
    for key in ("key-00001", "key-00002"):
        world.core.lose_requests = True
        assert press(world, page, "capture", key=key)["outcome"] == "unknown"
        assert shown(world, page)["money_off"][0]["id"] == "capture_unknown"
        world.core.lose_requests = False
        clock.pass_by(minutes=3)
        world.sweep()
        assert calls(world)[-1] == ("capture", False, "never_arrived")
    lost = [one for one in world.rows("payment_events") if one["event"] == "capture_unanswered"]
    assert len(lost) == 2


def test_an_answer_that_still_speaks_of_a_hold_proves_no_capture(world: World, page: Page) -> None:
    world.core.lags = True
    world.core.move_answer = {"paymentStatus": "PAYMENT_AUTHORIZED"}
    told = press(world, page, "capture")
    assert (told["outcome"], told["payment_request"]["amount_paid"]) == ("unknown", "0.00")


def test_a_refusal_stays_what_its_key_was_used_for(world: World, page: Page) -> None:
    for _ in range(2):
        assert press(world, page, "capture", key="key-00001", amount="115.01")["outcome"] == "amount_too_high"
    assert calls(world) == [("capture", False, "amount_too_high")]
    answer = post(world, page, "capture", key="key-00001", amount="40.00")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert world.core.captures == []


def test_a_capture_whose_process_died_is_called_unknown_once_its_sender_cannot_wait_any_more(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.on_move = die
    with pytest.raises(Died):
        post(world, page, "capture")
    world.core.on_move, longest = None, 2 * world.services.core_call_limit
    for waited, told in ((longest.total_seconds() - 1, "capture_under_way"), (1, "capture_unknown")):
        clock.pass_by(seconds=waited)
        assert post(world, page, "capture").status_code == 202
        assert [one["id"] for one in shown(world, page)["money_off"]] == [told]


def test_a_capture_that_turns_out_to_be_done_ends_no_wait_for_other_news(world: World, page: Page) -> None:
    world.core.on_moved = die
    with pytest.raises(Died):
        post(world, page, "capture", key="key-00001")
    world.core.on_moved = None
    world.told(world.core.last(), "PAYMENT_CAPTURED")
    given_back = world.core.happen(world.core.last(), "PAYMENT_REVERSED")
    world.core.mute = True
    world.callback(given_back)
    world.drain()
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert shown(world, page)["awaiting_confirmation"] is True
