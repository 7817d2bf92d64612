"""What a capture's caller is told where the core's answer alone would mislead: a refusal, a second loss."""

from __future__ import annotations

import pytest

from tests.factories import THANDI
from tests.journeys.played_once import played_once
from tests.journeys.verbs import calls, press, shown
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
