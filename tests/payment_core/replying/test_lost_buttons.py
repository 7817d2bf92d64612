"""A word by WhatsApp that may have been a button whose report was lost pays, or is answered, only where it can mean one thing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from payment_core.domain.enums import Channel, PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.linking.cancel_link import cancel_link
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from tests.payment_core.conftest import CUSTOMER
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock
from tests.payment_core.links import now_of
from tests.payment_core.replying.test_replies import PAYER, keep_a_card

# What a word means is decided in Python.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
Make = Callable[..., Link]


@pytest.fixture
def offer(
    core: Core, merchant: Merchant, make_link: Make, gateway: FakeGateway, clock: MovableClock
) -> Callable[[str], Link]:
    """A function that sends one more offer to pay with a kept card."""
    keep_a_card(core, merchant, gateway, Channel.WHATSAPP)
    clock.move(hours=25)

    def offered(reference: str) -> Link:
        clock.move(seconds=1)
        link = make_link(payer_reference=PAYER, caller_reference=reference)
        clock.move(seconds=1)
        return link

    return offered


def write(core: Core, merchant: Merchant, text: str, *, may_be_button: bool = True) -> None:
    reply = Reply("IN1", Channel.WHATSAPP, CUSTOMER, text, payload_unknown=may_be_button)
    receive_reply(core, merchant, reply)


@pytest.mark.parametrize(
    ("earlier", "may_be_button", "is_paid"),
    [(0, True, True), (0, False, True), (1, True, False), (1, False, True)],
)
def test_a_yes_that_may_have_been_a_button_pays_the_only_offer_of_the_day(
    core: Core, merchant: Merchant, offer: Callable[[str], Link], earlier: int, may_be_button: bool, is_paid: bool
) -> None:
    """A merchant's template may name its button so: with an offer that is over, it may have been that one's."""
    for number in range(earlier):
        cancel_link(core, merchant, offer(f"earlier {number}").reference, for_replacement=True)
    link = offer("now")
    write(core, merchant, "yes", may_be_button=may_be_button)
    assert now_of(core, link).payment_status is (PaymentStatus.RECEIVED if is_paid else None)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("none", "nothing to pay"),
        ("open", "PAY and the code"),
        ("over", "no longer open"),
        ("paid", "nothing to pay"),
        ("a day old", "no longer open"),
        ("older", "nothing to pay"),
        ("never offered", "nothing to pay"),
    ],
)
def test_other_words_that_may_have_been_a_button_are_answered_by_what_can_still_be_paid(
    core: Core, merchant: Merchant, offer: Callable[[str], Link], make_link: Make, messenger: FakeMessenger,
    clock: MovableClock, state: str, said: str,
) -> None:  # fmt: skip
    if state == "never offered":
        cancel_link(core, merchant, make_link().reference, for_replacement=True)
    elif state != "none":
        link = offer("now")
    if state in ("over", "a day old", "older"):
        cancel_link(core, merchant, link.reference, for_replacement=True)
    if state in ("a day old", "older"):
        # A second has passed since it was made.
        clock.move(hours=24, seconds=0 if state == "older" else -1)
    if state == "paid":
        write(core, merchant, "yes")
        clock.move(seconds=1)
        assert now_of(core, link).payment_status is PaymentStatus.RECEIVED
    reply = Reply("IN2", Channel.WHATSAPP, CUSTOMER, "Pay with card 4242", payload_unknown=True)
    receive_reply(core, merchant, reply)
    assert said in messenger.sent[-1].text


@pytest.mark.parametrize("text", ["yes", "PAY 9XYZ"])
def test_a_word_that_is_no_buttons_is_answered_as_what_it_is(
    core: Core, merchant: Merchant, offer: Callable[[str], Link], messenger: FakeMessenger, text: str
) -> None:
    """Nobody who typed a code, or said yes to one of two, wonders about a button."""
    for reference in "ab":
        offer(reference)
    write(core, merchant, text)
    assert "PAY and the code of the payment you mean" in messenger.sent[-1].text
