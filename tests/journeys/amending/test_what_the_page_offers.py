"""What the page offers of held and taken money: until when, by right, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import SIPHO, THANDI, later, moment
from tests.journeys.amending.capturing.test_capture import ALL
from tests.journeys.played_once import played_once
from tests.journeys.verbs import Died, die, post, press, shown
from tests.journeys.world import SENTENCES, Clock, Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may do everything; Sipho may send only."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: ALL, SIPHO.user_id: ALL - {"Chat2Pay_Reverse", "Chat2Pay_Capture"}}
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    return page


def offered(request: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the money actions that a request offers, and the ids of why not."""
    return [one for one in request["actions"] if one in ("capture", "reverse")], [
        one["id"] for one in request["money_off"]
    ]


def test_until_when_money_is_held_is_the_cores_word(world: World, page: Page, clock: Clock) -> None:
    until = later(clock(), days=7)
    world.told(world.core.last(), "PAYMENT_AUTHORIZED", captureBefore=moment(until), settled=False)
    told = shown(world, page)
    assert told["capture_before"] == until.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert [(one["id"], one["from"]) for one in told["sentences"]] == [
        ("authorized_until", None),
        ("authorized_over", told["capture_before"]),
    ]
    assert told["sentences"][0]["values"] == {"until": told["capture_before"]}
    assert offered(told) == (["capture", "reverse"], [])


def test_a_core_that_does_not_say_until_when_is_not_spoken_for(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    told = shown(world, page)
    assert (told["capture_before"], told["settled"]) == (None, False)
    assert [one["id"] for one in told["sentences"]] == ["authorized"]


def test_an_agent_without_the_rights_is_offered_nothing_and_told_who_can_change_that(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    theirs = shown(world, world.open(page.order_id, SIPHO))
    assert offered(theirs) == ([], ["no_right_capture", "no_right_reverse"])
    assert {one["values"]["admin"] for one in theirs["money_off"]} == {"Naledi in IT"}
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    assert offered(shown(world, world.open(page.order_id, SIPHO))) == ([], ["no_right_reverse"])


def test_where_no_money_is_nothing_is_said_of_it(world: World, page: Page) -> None:
    assert offered(shown(world, world.open(page.order_id, SIPHO))) == ([], [])


def test_a_disabled_tenant_may_release_what_is_held(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    world.tenant(policy={}, disabled=True)
    assert offered(shown(world, page)) == (["reverse"], ["capture_disabled"])


def test_what_the_core_calls_settled_is_refunded_at_the_gateway_by_its_reference(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED", settled=True)
    told = shown(world, page)
    assert offered(told) == ([], ["reverse_too_late_refund_at_gateway"])
    assert told["reconciliation_reference"]


def test_a_refused_reversal_is_remembered_as_settled(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    assert offered(shown(world, page)) == (["reverse"], [])
    world.core.settled.add("link-0001")
    answer = press(world, page, "reverse")
    assert answer["sentence"] == SENTENCES["reverse_too_late_refund_at_gateway"]
    for request in (answer["payment_request"], shown(world, page)):
        assert (request["status"], request["settled"]) == ("paid", True)
        assert offered(request) == ([], ["reverse_too_late_refund_at_gateway"])
    world.core.refuse = (409, "SOMETHING_ELSE")
    answer = press(world, page, "reverse")
    assert (answer["outcome"], answer["payment_request"]["settled"]) == ("refused", True), "settled is settled"


@pytest.mark.parametrize("verb", ["capture", "reverse"])
def test_while_the_outcome_of_a_move_is_unknown_none_is_offered_and_the_page_says_so(
    world: World, page: Page, verb: str
) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    world.core.on_move = die
    with pytest.raises(Died):
        post(world, page, verb)
    world.core.on_move = None
    world.restart()
    assert offered(shown(world, page)) == ([], [f"{verb}_under_way"])
    # The core cannot be asked, and whoever made the call would have given up by now.
    world.core.down = True
    world.clock.pass_by(minutes=3)
    world.sweep()
    assert offered(shown(world, page)) == ([], [f"{verb}_unknown"])
    world.clock.pass_by(minutes=3)
    world.sweep()
    assert [one["event"] for one in world.rows("payment_events")].count(f"{verb}_unanswered") == 1
