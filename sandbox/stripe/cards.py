"""The test cards of https://docs.stripe.com/testing that this stand-in supports, and how each of them ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TestCard:
    """A test card: ``on_page`` and ``saved`` say how a payment ends while its owner is there, and while not."""

    brand: str
    on_page: str = "succeeds"
    saved: str = "succeeds"


CARDS = {
    "4242424242424242": TestCard("visa"),
    "5555555555554444": TestCard("mastercard"),
    "4000000000000002": TestCard("visa", "card_declined/generic_decline", "card_declined/generic_decline"),
    "4000000000009995": TestCard("visa", "card_declined/insufficient_funds", "card_declined/insufficient_funds"),
    "4000000000000069": TestCard("visa", "expired_card/", "expired_card/"),
    # Attaching works, charging does not: https://docs.stripe.com/testing#declined-payments
    "4000000000000341": TestCard("visa", "succeeds", "card_declined/generic_decline"),
    # https://docs.stripe.com/testing#regulatory-cards
    "4000000000003220": TestCard("visa", "challenge", "authentication_required/authentication_required"),
    "4000002500003155": TestCard("visa", "challenge"),
    "4000002760003184": TestCard("visa", "challenge", "authentication_required/authentication_required"),
    "4000003800000446": TestCard("visa"),
    # Raises the risk only; that a rule asks for a review of it is this stand-in's own: https://docs.stripe.com/testing#fraud-prevention
    "4000000000009235": TestCard("visa", "review", "review"),
}
UNKNOWN = TestCard("visa", "incorrect_number/", "incorrect_number/")


def card_of(number: str) -> TestCard:
    """Return a test card; any other number is refused as Stripe's test mode refuses it."""
    return CARDS.get(number.replace(" ", ""), UNKNOWN)
