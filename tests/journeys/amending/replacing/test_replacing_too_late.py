"""A replacement that comes too late: the agent reads what the customer did meanwhile, how much, and that nothing new was sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import OTHER_PHONE, SIPHO, THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.verbs import made, press
from tests.journeys.world import SENTENCES, Page, World

NONE = "No new link was sent"
PAYING = f"The customer is paying R115.00 with the old link, so it cannot be closed. {NONE}. Wait for the result."
LOST = [
    (["PAYMENT_RECEIVED"], f"Paid meanwhile, 12:42:10: R115.00. {NONE}."),
    (["PAYMENT_AUTHORIZED"], f"Paid meanwhile: R115.00 is held. {NONE}, and none is needed."),
    (
        ["PAYMENT_REVIEW"],
        f"The customer has paid R115.00, and the payment is being checked. {NONE}. Wait for the result.",
    ),
    (
        ["PAYMENT_RECEIVED", "PAYMENT_REVERSED"],
        f"The old link was paid meanwhile, and the money was given back or released. {NONE}.",
    ),
    (["PAYMENT_LINK_CLICKED"], PAYING),
    (["PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED"], PAYING),
]
WAYS: list[dict[str, Any]] = [{}, {"channel": "whatsapp"}, {"phone": OTHER_PHONE}]


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page with a link that was sent."""
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    world.clock.pass_by(seconds=3)  # a click that is sooner is probably a preview
    return page


@pytest.mark.parametrize("way", WAYS, ids=["again", "by the other channel", "to another number"])
@pytest.mark.parametrize(("words", "sentence"), LOST, ids=[one[0][-1] for one in LOST])
@pytest.mark.parametrize("told", [True, False], ids=["known", "only the core knows"])
def test_than_the_customer_says_what_was_paid_and_sends_nothing(
    world: World, page: Page, words: list[str], sentence: str, told: bool, way: dict[str, Any]
) -> None:
    for word in words:
        body = world.core.happen(world.core.last(), word)
        if told:
            world.callback(body)
            world.drain()
    answer = press(world, page, "replace", **way)
    assert (answer["outcome"], answer["sentence"]) == ("not_dead", sentence)
    assert len(world.core.sends) == len(made(world)) == 1
    assert world.look(page)["can_send"] is (words[-1] == "PAYMENT_REVERSED")


@pytest.mark.parametrize("lost_first", [False, True], ids=["at once", "after a press that nobody answered"])
def test_than_the_customer_stays_so_under_its_key_when_the_old_link_ends(
    world: World, page: Page, lost_first: bool
) -> None:
    if lost_first:
        world.core.lose_requests = world.core.mute = True
        assert press(world, page, "replace", key="key-00001")["outcome"] == "unknown"
        world.core.lose_requests = world.core.mute = False
    for word in ("PAYMENT_LINK_CLICKED", "PAYMENT_LINK_EXPIRED"):
        world.told(world.core.last(), word)
        assert press(world, page, "replace", key="key-00001")["outcome"] == "not_dead"
    assert len(world.core.sends) == 1


@pytest.mark.parametrize("way", WAYS, ids=["again", "by the other channel", "to another number"])
def test_than_a_reply_that_is_being_paid_says_so_although_nobody_opened_the_link(
    world: World, page: Page, way: dict[str, Any]
) -> None:
    world.core.charges_by_reply = True
    answer = press(world, page, "replace", **way)
    assert (answer["outcome"], answer["sentence"]) == ("not_dead", PAYING)
    assert answer["payment_request"]["status"] == "sent"
    cancelled = world.cancel(page, answer["payment_request"]["reference"]).json
    assert (cancelled["outcome"], cancelled["sentence"]) == ("already_clicked", SENTENCES["cancel_already_clicked"])
    world.core.charges_by_reply = False
    # The card was refused: the link lives on, and can be replaced.
    assert press(world, page, "replace", **way)["outcome"] == "replaced"
    assert len(world.core.sends) == 2


def test_than_a_part_of_the_money_says_both_amounts(world: World, page: Page) -> None:
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    taken = KeyHolder(world, "capture").post(
        f"/api/payment-requests/{made(world)[0]['reference']}/capture", {"amount": "40.00"}
    )
    assert taken.json["outcome"] == "captured"
    answer = press(world, page, "replace")
    assert answer["sentence"] == f"Paid in part meanwhile, 12:42:10: R40.00 of R115.00. {NONE}."
    assert len(world.core.sends) == 1


def test_than_a_preview_says_until_when_the_old_link_works(world: World) -> None:
    page = world.open(world.order())
    world.sent(page)
    world.told(world.core.last(), "PAYMENT_LINK_CLICKED")
    answer = press(world, page, "replace")
    assert answer["outcome"] == "not_dead"
    assert answer["sentence"].startswith(
        "The payment core counts the old link as opened, so it cannot be closed. It works"
    )
    assert len(world.core.sends) == 1


@pytest.mark.parametrize("word", ["PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"])
def test_than_the_links_own_end_or_a_colleague_still_sends_since_nothing_can_be_paid_twice(
    world: World, page: Page, word: str
) -> None:
    world.core.happen(world.core.last(), word)
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert len(world.core.sends) == 2


def test_than_money_that_came_after_the_links_end_says_how_much(world: World, page: Page) -> None:
    """The core's record showed the link dead; before the new one was made, an old payment of it was found to be taken."""
    link = world.core.last()
    world.told(link, "PAYMENT_LINK_EXPIRED")

    def after_the_proof() -> None:
        world.core.refuse = (409, "PREVIOUS_LINK_PAID")
        world.core.on_question = lambda: world.core.happen(link, "PAYMENT_RECEIVED")

    world.core.on_question = after_the_proof
    answer = press(world, page, "replace")
    assert (answer["outcome"], answer["sentence"]) == ("not_dead", f"Paid meanwhile, 12:42:10: R115.00. {NONE}.")
    assert world.look(page)["can_send"] is False
