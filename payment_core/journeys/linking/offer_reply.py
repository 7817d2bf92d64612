"""Offer to pay a link by reply, where its payer has a saved card and every rule allows it."""

from __future__ import annotations

from secrets import choice, token_urlsafe

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.messaging.compose import Offer
from payment_core.journeys.paying.saved_card_rules import offered_card
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links

# Without letters and digits that look or sound alike.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 4


def offer(work: UnitOfWork, core: Core, merchant: Merchant, link: Link, key: bytes) -> Offer | None:
    """Return an offer with a code and a payload of its own, written to the link; None where nothing is offered."""
    card = offered_card(work, core, merchant, link, key)
    if card is None:
        return None
    code = _free_code(work, core, merchant, key)
    payload = f"pay_{token_urlsafe(16)}"
    links.set_reply(
        work, link, code_key=phone_key.code_key(core, merchant.merchant_id, code), reply_digest=links.digest_of(payload)
    )
    return Offer(card, code, payload)


def is_offered(work: UnitOfWork, link: Link) -> bool:
    """Return whether a reply to this link was offered."""
    return links.has_reply(work, link)


def _free_code(work: UnitOfWork, core: Core, merchant: Merchant, key: bytes) -> str:
    """Return a code that no open link of this number has."""
    taken = {links.code_key_of(work, one) for one in links.payable_of(work, merchant.merchant_id, key)}
    while True:
        code = "".join(choice(_LETTERS) for _ in range(_CODE_LENGTH))
        if phone_key.code_key(core, merchant.merchant_id, code) not in taken:
            return code
