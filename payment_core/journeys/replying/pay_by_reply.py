"""Charge a saved card for the link that a reply named, and say what the customer is answered."""

from __future__ import annotations

from payment_core.domain.enums import PaymentStatus
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import SavedCard
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.paying.charge_saved_card import charge_saved_card, reply_attempt_id
from payment_core.journeys.paying.saved_card_rules import offered_cards
from payment_core.journeys.replying.named_link import NamedLink
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import attempts, links


def pay_by_reply(core: Core, merchant: Merchant, named: NamedLink, *, cause: str) -> Purpose | None:
    """Return the answer to the customer; None where the receipt, or a message that is queued already, is the answer.

    ``cause`` is the id of the customer's message: carried out again, it charges nothing more.
    """
    link, attempt_id = named.link, reply_attempt_id(cause)
    # The worker may be seconds behind: a link must not be paid after its time because nobody had ended it yet.
    end_overdue(core, link.reference)
    with core.transactions.read() as work:
        link = links.get(work, link.reference)
        is_begun = attempts.find(work, attempt_id) is not None
        if not link.payable and not is_begun:
            return _of_closed(link.has_money, link.payment_status)
        key = phone_key.of(core, merchant.merchant_id, link.phone)
        # The rules again, now: consent, time, STOP and ceiling may have changed since the offer.
        cards = offered_cards(work, core, merchant, link, key) if links.has_reply(work, link) else []
    # Never another card than the one whose button was pressed, even where that one may not be charged any more.
    card = _chosen(cards, named.card_id)
    if card is None:
        return None if is_begun else Purpose.BY_PAGE
    after = charge_saved_card(core, merchant, link, card, reply=attempt_id)
    if after is None:
        return Purpose.UNDER_WAY
    # Queued with the payment's end; sent here, so that the customer need not wait for the worker.
    for purpose in (Purpose.DECLINED, Purpose.NEEDS_PAGE):
        send_message.send_now(core, queue_message.id_of(attempt_id, purpose))
    with core.transactions.read() as work:
        was_ended = (attempt := attempts.find(work, attempt_id)) is not None and attempt.payment_id is not None
    if was_ended:
        return None
    # The gateway took nothing: it refused the charge, or another attempt was quicker.
    return Purpose.BY_PAGE if after.payable else _of_closed(after.has_money, after.payment_status)


def _chosen(cards: list[SavedCard], card_id: str | None) -> SavedCard | None:
    """Return the card whose button was pressed, else the one entered last; None where it may not be charged any more."""
    return next((one for one in cards if card_id in (None, one.card_id)), None)


def _of_closed(has_money: bool, status: PaymentStatus | None) -> Purpose:
    if has_money:
        return Purpose.ALREADY_PAID
    return Purpose.UNDER_WAY if status is PaymentStatus.REVIEW else Purpose.DEAD_LINK
