"""What proves that an old link takes no money any more, and what does not."""

from __future__ import annotations

import pytest

from tests.factories import THANDI
from tests.journeys.played_once import played_once
from tests.journeys.verbs import Died, die, post, press
from tests.journeys.world import Page, World


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page with a link that nobody has opened, as far as we know."""
    page = world.open(world.order(THANDI))
    world.sent(page)
    return page


@pytest.mark.parametrize("word", ["PAYMENT_RECEIVED", "PAYMENT_AUTHORIZED", "PAYMENT_REVIEW"])
def test_money_that_the_refused_cancel_has_shown_is_asked_about_once(world: World, page: Page, word: str) -> None:
    world.core.happen(world.core.last(), word)
    world.core.on_question = lambda: setattr(world.core, "mute", True)  # it answers this question and no other
    assert press(world, page, "replace")["outcome"] == "not_dead"
    assert (len(world.core.questions), len(world.core.sends)) == (1, 1)


def test_a_core_that_knows_of_money_which_its_record_does_not_show_says_no_and_nothing_is_claimed(
    world: World, page: Page
) -> None:
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    world.core.refuse = (409, "PREVIOUS_LINK_PAID")
    answer = post(world, page, "replace")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "core_refused")
    assert world.look(page)["payment_state"] == "unpaid"


def test_a_link_that_is_just_being_sent_is_neither_dead_nor_alive(world: World) -> None:
    page = world.open(world.order(THANDI))
    world.core.on_send = die
    with pytest.raises(Died):
        world.send(page)
    world.core.on_send = None
    assert press(world, page, "replace", key="key-00001")["outcome"] == "unknown"
    assert len(world.core.sends) == 1
