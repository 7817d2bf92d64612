"""A decision that was begun on what has changed meanwhile: a release, a capture, a repeated send."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.journeys.recording.change_request import change_request
from tests.factories import THANDI
from tests.journeys.verbs import calls, post, press
from tests.journeys.world import Answer, Clock, Page, World, once

EVERYTHING = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse", "Chat2Pay_Supervise"}


@pytest.fixture
def supervisor(world: World, page: Page) -> Page:
    """The page of somebody who may release as well."""
    world.tenant(policy={"rights_from": "custom_permissions"})
    world.org.permissions[THANDI.user_id] = EVERYTHING
    return world.open(page.order_id)


def release(world: World, page: Page, reference: str) -> Answer:
    path = f"/api/payment-requests/{reference}/release"
    return world.client.post(path, json={"reason": "The core is down"}, headers=page.headers)


def test_a_release_that_a_colleague_was_faster_with_is_not_recorded_twice(world: World, supervisor: Page) -> None:
    world.core.drop_answers = True
    reference = world.send(supervisor).json["reference"]
    world.core.looks_up = world.core.drop_answers = False
    overlapping = []
    world.core.on_question = once(lambda: overlapping.append(release(world, supervisor, reference).json["outcome"]))
    assert release(world, supervisor, reference).json["outcome"] == "already_ended"
    assert overlapping == ["released"]
    assert [row["event"] for row in world.rows("payment_events")].count("released") == 1


def test_what_is_being_sent_is_not_released_before_its_sender_has_given_up(world: World, supervisor: Page) -> None:
    released = []

    def meanwhile(body: dict[str, Any]) -> None:
        released.append(release(world, supervisor, body["additionalData"]["reference"]).json)

    world.core.on_send = meanwhile
    world.sent(supervisor)
    (told,) = released
    assert told["outcome"] == "too_early"
    assert told["payment_request"]["live"] is True
    # Its sender has given up within this minute, long before its link would have ended by itself.
    assert told["sentence"] == "This link may still be in use. It can be released at 12:42."


def test_a_change_is_held_against_the_request_as_it_is_by_then(world: World, supervisor: Page, clock: Clock) -> None:
    """Money that came since its reader last looked did not come with this change."""
    link = world.sent(supervisor)
    reference = link["additionalData"]["reference"]
    read_before = world.request(reference)
    world.told(link, "PAYMENT_RECEIVED")
    moved_at = world.request(reference).money_moved_at
    clock.pass_by(minutes=1)
    store = world.services.store
    change_request(store, read_before, lambda present: (replace(present, do_not_ship=True), []), now=clock())
    changed = world.request(reference)
    assert (changed.do_not_ship, changed.captured, changed.money_moved_at) == (True, Decimal(115), moved_at)


def test_money_in_review_is_not_released_however_long_it_takes(world: World, supervisor: Page, clock: Clock) -> None:
    """The bank may still say yes, and a second link beside it would take the money twice."""
    link = world.sent(supervisor)
    world.told(link, "PAYMENT_REVIEW")
    world.core.mute = True
    clock.pass_by(hours=20)
    supervisor = world.open(supervisor.order_id)
    assert release(world, supervisor, link["additionalData"]["reference"]).json["outcome"] == "still_live"
    assert world.send(supervisor).status_code == 409


def test_a_capture_that_its_own_repeat_was_faster_with_says_what_that_came_to(world: World, page: Page) -> None:
    world.core.happen(world.sent(page), "PAYMENT_AUTHORIZED")  # nobody told us: whoever captures asks first
    overlapping = []
    world.core.on_question = once(lambda: overlapping.append(press(world, page, "capture", key="key-00001")["outcome"]))
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert overlapping == ["captured"]
    assert calls(world) == [("capture", False, "captured")]
    assert len(world.core.captures) == 1


@pytest.mark.parametrize("key", ["key-00001", "key-00002", None])
def test_a_capture_beside_one_that_began_meanwhile_and_has_no_answer_is_not_made(
    world: World, page: Page, key: str | None
) -> None:
    world.core.happen(world.sent(page), "PAYMENT_AUTHORIZED")
    overlapping = []

    def meanwhile() -> None:
        world.core.lose_requests = True  # for all that anybody knows it may have arrived
        overlapping.append(press(world, page, "capture", key="key-00002")["outcome"])
        world.core.lose_requests = False

    world.core.on_question = once(meanwhile)
    assert post(world, page, "capture", key=key).status_code == 202
    assert overlapping == ["unknown"]
    assert calls(world) == [("capture", True, None)]
    assert world.core.captures == []


def test_a_capture_of_what_was_captured_meanwhile_is_noted_under_its_key_and_not_made(world: World, page: Page) -> None:
    world.core.happen(world.sent(page), "PAYMENT_AUTHORIZED")
    world.core.on_question = once(lambda: press(world, page, "capture"))
    assert press(world, page, "capture", key="key-00001")["outcome"] == "already_captured"
    assert press(world, page, "capture", key="key-00001")["outcome"] == "already_captured"
    assert len(world.core.captures) == 1


def test_a_send_that_its_own_repeat_was_faster_with_makes_no_second_link(world: World, page: Page) -> None:
    world.core.down = True
    assert world.send(page, key="key-00001").status_code == 503
    world.core.down = False
    world.org.before_query = once(lambda: world.send(page, key="key-00001"))
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["status"]) == (201, "sent")
    assert len(world.core.sends) == 1
