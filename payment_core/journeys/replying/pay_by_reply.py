"""Charge a saved card for the link that a reply named, and say what the customer is answered."""

from __future__ import annotations

from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.words import PaymentStatus
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.paying.charge_saved_card import charge_saved_card
from payment_core.journeys.paying.saved_card_rules import offered_card
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links


def pay_by_reply(core: Core, merchant: Merchant, link: Link) -> Purpose | None:
    """Return the answer to the customer; None where the receipt, or a message that is queued already, is the answer."""
    end_overdue(core, link.reference)
    with core.transactions.read() as work:
        link = links.find(work, link.reference) or link
        if not link.payable:
            return None if link.has_money else Purpose.DEAD_LINK
        key = phone_key.of(core, merchant.merchant_id, link.phone)
        # The rules again, now: consent, time, STOP and ceiling may have changed since the offer.
        card = offered_card(work, core, merchant, link, key) if links.has_reply(work, link) else None
    if card is None:
        return Purpose.NEEDS_PAGE
    after = charge_saved_card(core, merchant, link, card)
    if after is None:
        return Purpose.UNDER_WAY
    if after.has_money or after.in_review:
        return None
    return Purpose.DECLINED if after.payment_status is PaymentStatus.DECLINED else Purpose.NEEDS_PAGE
