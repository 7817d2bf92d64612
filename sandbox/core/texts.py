"""Knows the words that customers read in messages; they name merchant and amount, never what was bought."""

from __future__ import annotations

from sandbox.core.cards import Card
from sandbox.core.link import Link
from sandbox.core.messenger import Text
from sandbox.core.money import plain_amount

PAY_YES = "pay_yes"


def payment_request(link: Link, url: str, *, merchant: str, saved: Card | None) -> Text:
    """This function will ask for the payment; with a saved card it can be answered by yes."""
    amount = plain_amount(link.total, link.currency)
    if saved is None:
        return Text(f"{merchant}: please pay {amount} here. Open within 5 minutes: {url}", link=url)
    card = f"your card ending {saved.last4}"
    buttons = ((PAY_YES, f"Pay with card {saved.last4}"),) if link.channel == "whatsapp" else ()
    return Text(f"{merchant}: Reply YES to pay {amount} with {card}, or open {url}", link=url, buttons=buttons)


def cancelled(link: Link) -> Text:
    # The vendor documents this sentence word for word; no template exists for it, so WhatsApp may refuse it.
    return Text(f"The {link.order_number} has been canceled by the Agent", free=True)


def receipt(link: Link, url: str, *, merchant: str) -> Text:
    verb = "reserved" if link.payment_status == "PAYMENT_AUTHORIZED" else "received"
    return Text(f"{merchant}: thank you, we {verb} {plain_amount(link.total, link.currency)}. Receipt: {url}", link=url)


def declined(link: Link, *, merchant: str) -> Text:
    amount = plain_amount(link.total, link.currency)
    return Text(f"{merchant}: your payment of {amount} did not go through.", free=True)


NOTHING_TO_PAY = Text("There is nothing to pay right now.", free=True)
NO_SAVED_CARD = Text("We know no saved card for you. Please open the link to pay.", free=True)
OPT_OUT_DONE = Text("You will get no more messages from us here. Reply START to get them again.", free=True)
OPT_IN_DONE = Text("Welcome back. You will get our messages here again.", free=True)
