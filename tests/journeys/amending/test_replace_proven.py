"""What proves that an old link takes no money any more, and what does not."""

from __future__ import annotations

import pytest

from tests.factories import THANDI
from tests.journeys.played_once import played_once
from tests.journeys.verbs import press
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
