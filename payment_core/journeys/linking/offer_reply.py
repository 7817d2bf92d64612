"""Offer to pay a link by reply, where its payer has a saved card and every rule allows it."""

from __future__ import annotations

from secrets import choice, token_urlsafe

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.account_secrets import MESSENGERS
from payment_core.domain.enums import Channel
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.templates import approved
from payment_core.journeys.messaging.compose import Offer, offer_text
from payment_core.journeys.paying.saved_card_rules import offered_cards
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.texts.catalogue import FALLBACK, nearest

# Without letters and digits that look or sound alike.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# Short enough to type; a code counts for one number's open links only, so a million of them are not worth guessing.
_CODE_LENGTH = 4
# WhatsApp shows so many quick replies without asking its reader to unfold them.
_MOST_BUTTONS = 3


def offer(work: UnitOfWork, core: Core, merchant: Merchant, link: Link, key: bytes) -> Offer | None:
    """Return an offer with a code and a payload of its own, written to the link; None where nothing is offered."""
    cards = offered_cards(work, core, merchant, link, key)[: _most_cards(merchant, link)]
    if not cards:
        return None
    code = _free_code(work, core, merchant, key)
    payload = f"pay_{token_urlsafe(16)}"
    # Only digests are stored: who reads the database cannot pay in a customer's name.
    links.set_reply(
        work, link, code_key=phone_key.code_key(core, merchant.merchant_id, code), reply_digest=links.digest_of(payload)
    )
    return Offer(tuple(cards), code, payload)


def may_offer_reply(merchant: Merchant, link: Link) -> bool:
    """Return whether a link like this is offered to be paid by reply where its payer has a saved card."""
    rules = merchant.reply
    within = rules.ceiling is None or link.total <= rules.ceiling
    return rules.enabled and within and _most_cards(merchant, link) > 0


def is_offered(work: UnitOfWork, link: Link) -> bool:
    """Return whether a reply to this link was offered."""
    return links.has_reply(work, link)


def _most_cards(merchant: Merchant, link: Link) -> int:
    """Return how many cards a message can offer: by SMS the one entered last, by WhatsApp as many as it has buttons."""
    if link.channel is Channel.SMS:
        return 1 if merchant.takes_replies_by_sms else 0
    # The text of a replacement has a place for one card.
    most = 1 if link.previous else _MOST_BUTTONS
    messenger = MESSENGERS.get(merchant.messenger)
    if messenger is None or not messenger.buttons_need_template:
        return most
    languages = (nearest(link.language), nearest(merchant.locale), FALLBACK)
    names = {1: "replaced_offer"} if link.previous else {one: offer_text(one) for one in range(1, most + 1)}
    carried = [one for one, name in names.items() if approved(merchant.templates, name, link.channel, languages)]
    return max(carried, default=0)


def _free_code(work: UnitOfWork, core: Core, merchant: Merchant, key: bytes) -> str:
    """Return a code that no open link of this number has."""
    taken = {links.code_key_of(work, one) for one in links.payable_of(work, merchant.merchant_id, key)}
    while True:
        code = "".join(choice(_LETTERS) for _ in range(_CODE_LENGTH))
        if phone_key.code_key(core, merchant.merchant_id, code) not in taken:
            return code
