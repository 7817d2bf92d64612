"""A link that was closed for a new one which was never sent: the page says so, and the next send names it."""

from __future__ import annotations

import pytest

from tests.factories import OTHER_PHONE
from tests.journeys.verbs import Died, die, made, post, press
from tests.journeys.world import Page, World


def said_of(world: World, page: Page, reference: str) -> str:
    """Return the sentence of a request as the page and the request's own answer show it: the same."""
    (shown,) = [one for one in world.look(page)["payment_requests"] if one["reference"] == reference]
    alone = world.client.get(f"/api/payment-requests/{reference}", headers=page.headers).json
    assert alone["sentences"] == shown["sentences"]
    return str(shown["sentences"][0]["id"])


def test_the_core_refuses_the_new_link_and_the_customer_was_told_nothing(own: World, own_page: Page) -> None:
    own.core.on_question = lambda: setattr(own.core, "refuse", (409, "COUNTRY_NOT_ALLOWED"))
    assert post(own, own_page, "replace", phone=OTHER_PHONE).status_code == 422
    own.core.on_question, own.core.refuse = None, None
    old, refused = made(own)
    assert (old["link"], refused["link"], refused["replaces"]) == ("cancelled", "rejected", old["reference"])
    assert said_of(own, own_page, old["reference"]) == "cancelled_unfollowed"
    assert (own.core.cancel_bodies, own.look(own_page)["can_send"]) == ([{"forReplacement": True}], True)
    told = press(own, own_page, "replace", phone=OTHER_PHONE)
    assert (told["outcome"], own.core.sends[-1]["previousPaymentLinkRef"]) == ("replaced", "link-0001")
    assert said_of(own, own_page, old["reference"]) == "cancelled_replaced"
    assert sum(row["live"] for row in made(own)) == 1


def test_the_connector_dies_between_and_the_next_press_sends(own: World, own_page: Page) -> None:
    own.core.on_question = die
    with pytest.raises(Died):
        post(own, own_page, "replace", phone=OTHER_PHONE)
    own.core.on_question = None
    own.with_own_core()  # restarts
    (old,) = made(own)
    own.client.post(f"/api/payment-requests/{old['reference']}/refresh", json={}, headers=own_page.headers)
    assert (made(own)[0]["live"], said_of(own, own_page, old["reference"])) == (False, "cancelled_for_new")
    (shown,) = own.look(own_page)["payment_requests"]
    assert [one["id"] for one in shown["sentences"]] == ["cancelled_for_new", "cancelled_unfollowed"]
    assert shown["sentences"][1]["from"] > shown["finished_at"]
    assert press(own, own_page, "replace", phone=OTHER_PHONE)["outcome"] == "replaced"
    assert own.core.sends[-1]["previousPaymentLinkRef"] == "link-0001"
    assert [row["live"] for row in made(own)] == [False, True]


def test_a_link_that_expired_is_named_by_the_one_that_is_sent_again(own: World, own_page: Page) -> None:
    own.told(own.core.last(), "PAYMENT_LINK_EXPIRED")
    assert press(own, own_page, "replace")["outcome"] == "replaced"
    assert own.core.sends[-1]["previousPaymentLinkRef"] == "link-0001"
    assert own.core.cancel_bodies == []


def test_while_the_new_link_is_on_its_way_nobody_is_told_to_send_one(own: World, own_page: Page) -> None:
    (old,) = made(own)
    seen = []
    # The core is asked for its record between the end of the old link and the sending of the new one.
    own.core.on_question = lambda: seen.append(said_of(own, own_page, old["reference"]))
    press(own, own_page, "replace", phone=OTHER_PHONE)
    assert "cancelled_for_new" in seen
    assert "cancelled_unfollowed" not in seen
    own.core.on_question = None
    assert said_of(own, own_page, old["reference"]) == "cancelled_replaced"
