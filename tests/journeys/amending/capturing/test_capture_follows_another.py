"""A capture after one without an answer goes on from what was found out about that one; each step names who asked for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.factories import SIPHO, THANDI
from tests.journeys.played_once import played_once
from tests.journeys.verbs import press
from tests.journeys.world import Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of an order whose money is held; two agents may take it."""
    world.tenant(policy={})
    world.org.permissions = {one.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture"} for one in (THANDI, SIPHO)}
    page = world.open(world.order(THANDI, SIPHO))
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    return page


def _answers(_world: World) -> None:
    pass


def _refuses(world: World) -> None:
    world.core.refuse = (409, "SOMETHING_ELSE")


def _says_nothing(world: World) -> None:
    world.core.drop_answers = world.core.mute = True


@pytest.mark.parametrize(("core", "end"), [(_answers, "done"), (_refuses, "not_done"), (_says_nothing, "unanswered")])
def test_each_step_names_the_colleague_who_asked_and_not_the_agent_who_sent(
    world: World, page: Page, core: Callable[[World], None], end: str
) -> None:
    core(world)
    press(world, world.open(page.order_id, SIPHO), "capture")
    steps = [(row["event"], row["person"]) for row in world.rows("payment_events") if "capture" in row["event"]]
    assert steps == [("capture_begun", "Sipho"), (f"capture_{end}", "Sipho")]


def test_that_is_found_to_be_taken_already_says_so_while_salesforce_is_away(world: World, page: Page) -> None:
    _says_nothing(world)
    assert press(world, page, "capture", key="key-00001")["outcome"] == "unknown"
    world.core.drop_answers = world.core.mute = False
    world.org.down = True
    assert press(world, page, "capture", key="key-00002")["outcome"] == "already_captured"
    assert len(world.core.captures) == 1


def test_of_a_hold_that_was_released_since_says_so_while_salesforce_is_away(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lose_requests = True
    assert press(world, page, "capture", key="key-00001")["outcome"] == "unknown"
    world.core.lose_requests = False
    world.core.happen(world.core.last(), "PAYMENT_REVERSED")
    clock.pass_by(minutes=3)
    page = world.open(page.order_id)
    world.org.down = True
    assert press(world, page, "capture", key="key-00001")["outcome"] == "refused"
    assert world.core.captures == []
