"""Which link a reply names: a button by its payload, a text by its code, a yes only right after the one offer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.journeys.messaging.compose import plain_amount
from payment_core.journeys.paying.saved_card_rules import offered_cards
from payment_core.journeys.replying.answer_customer import Customer
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import messages, repeats

_CODE = re.compile(r"(?:pay\s+)?([2-9A-HJ-NP-Z]{4})", re.IGNORECASE)
# A word of four letters is a code only behind PAY; with a digit in it, it is meant as one.
_MEANS_CODE = re.compile(r"pay\b.*|[2-9A-HJ-NP-Z]{4}(?<=\d...|.\d..|..\d.|...\d)", re.IGNORECASE | re.DOTALL)

_PRESSED_WITHIN = timedelta(hours=24)
# Nobody needs more to type a code right; whoever forges a sender has about a million codes to try.
_MOST_TRIES = 10


@dataclass(frozen=True)
class NamedLink:
    """A link that a reply names, and the card whose button was pressed; None: the card entered last."""

    link: Link
    card_id: str | None = None


def named_link(work: UnitOfWork, core: Core, customer: Customer, reply: Reply, *, says_yes: bool) -> NamedLink | None:
    """Return the link that a reply names, whatever became of it; None where it names none."""
    if reply.payload is not None:
        return _of_button(work, core, customer, reply.payload)
    if says_yes:
        return _of_yes(work, core, customer, may_be_button=reply.payload_unknown)
    code = _CODE.fullmatch(_plain(reply.text))
    if code is None:
        return None
    key = phone_key.code_key(core, customer.merchant.merchant_id, code[1].upper())
    link = links.by_code(work, customer.merchant.merchant_id, customer.key, key)
    return NamedLink(link) if link else None


def may_be_guessed(work: UnitOfWork, customer: Customer, link: Link) -> bool:
    """Return whether a code may be a guess that hit: by SMS a sender can be forged, so the first few replies alone pay."""
    if customer.channel is not Channel.SMS:
        return False
    return repeats.count_until(work, customer.message, customer.key, since=link.created_at) > _MOST_TRIES


def names_code(reply: Reply) -> bool:
    """Return whether a text is a code, or PAY and a code, whether or not a link has it."""
    return _CODE.fullmatch(_plain(reply.text)) is not None


def means_payment(reply: Reply) -> bool:
    """Return whether a text that names no link was meant to."""
    return _MEANS_CODE.fullmatch(_plain(reply.text)) is not None


def open_links(work: UnitOfWork, core: Core, customer: Customer) -> list[Link]:
    """Return the links that the customer can pay now, newest first; one whose time is over is not among them."""
    found = links.payable_of(work, customer.merchant.merchant_id, customer.key)
    return [one for one in found if not one.is_overdue(core.now())]


def offers(work: UnitOfWork, core: Core, customer: Customer) -> str:
    """Return the codes of the open offers with their amounts, such as ``7K2F (ZAR 150.00)``; empty where none is open.

    One whose card was forgotten since, or may not be charged any more, is none: its code would lead to the page alone.
    """
    found = []
    for link in open_links(work, core, customer):
        is_open = bool(offered_cards(work, core, customer.merchant, link, customer.key))
        request = messages.request_of(work, link.reference) if is_open else None
        if request is not None and request.content.code:
            found.append(f"{request.content.code} ({plain_amount(link)})")
    return ", ".join(found)


def _of_button(work: UnitOfWork, core: Core, customer: Customer, payload: str) -> NamedLink | None:
    secret, _, card_id = payload.partition(".")
    link = links.by_reply(work, links.digest_of(secret))
    # A button that was forwarded to somebody else pays nothing.
    if link is None or phone_key.of(core, customer.merchant.merchant_id, link.phone) != customer.key:
        return None
    return NamedLink(link, card_id)


def offered_lately(work: UnitOfWork, core: Core, customer: Customer) -> list[Link]:
    """Return the links whose buttons the customer may have pressed just now, newest first, dead ones included."""
    since = core.now() - _PRESSED_WITHIN
    return links.offered_since(work, customer.merchant.merchant_id, customer.key, since)


def _of_yes(work: UnitOfWork, core: Core, customer: Customer, *, may_be_button: bool) -> NamedLink | None:
    """Return the one open offer that this yes follows at once. Never by SMS: there YES is a carrier's word for START."""
    if customer.channel is not Channel.WHATSAPP:
        return None
    offered = [one for one in open_links(work, core, customer) if links.has_reply(work, one)]
    # With two offers a yes could pay the wrong one; the answer then lists their codes.
    if len(offered) != 1 or offered[0].channel is not customer.channel:
        return None
    # A merchant's template may have a button named "Yes": an older offer's would pay this one.
    if may_be_button and len(offered_lately(work, core, customer)) > 1:
        return None
    request = messages.request_of(work, offered[0].reference)
    # A message in between may have asked something else, and the yes may be the answer to that.
    if request is None or messages.is_between(work, request, customer.message, customer.key):
        return None
    return NamedLink(offered[0])


def _plain(text: str) -> str:
    return text.strip().rstrip(".!")
