"""Keep the card of a payment whose payer agreed to it on our page, and delete cards."""

from __future__ import annotations

from secrets import token_urlsafe

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.attempt import Attempt
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.domain.saved_card import SavedCard
from payment_core.gateways.gateway import GatewayError
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import saved_cards
from payment_core.store.messages import messages
from payment_core.texts.catalogue import page_text

log = get_logger()


def keep(
    work: UnitOfWork, core: Core, merchant: Merchant, link: Link, attempt: Attempt, payment: Payment
) -> SavedCard | None:
    """Save the card of a payment that arrived, where the box was ticked and the link names its payer.

    Returns a card that was forgotten at once, for ``forget_at_gateway``: its owner wrote FORGET after ticking the box.
    """
    arrived = payment.state in (PaymentState.HELD, PaymentState.TAKEN)
    if not (arrived and attempt.saves_card and payment.saved and payment.card and link.payer_reference):
        return None
    now = core.now()
    card = SavedCard(
        card_id=f"crd_{token_urlsafe(12)}",
        merchant_id=merchant.merchant_id,
        payer_reference=link.payer_reference,
        channel=link.channel,
        card=payment.card,
        token=payment.saved,
        # What the person read, word for word, in the language in which it was read.
        consent_text=consent_text(merchant, link.language),
        consented_at=attempt.created_at,
        entered_at=payment.decided_at or now,
    )
    # In the transaction of the money: a payment without its card, or a card without its payment, would need a repair.
    key = phone_key.of(core, merchant.merchant_id, link.phone)
    is_new = saved_cards.save(work, card, phone_key=key, key_mark=phone_key.mark_of(core))
    ended = (work, key, merchant.merchant_id, Purpose.FORGOTTEN.value)
    if is_new and messages.was_answered(*ended, since=attempt.created_at):
        saved_cards.forget(work, card.card_id, now=now)
        return card
    return None


def consent_text(merchant: Merchant, language: str) -> str:
    """Return the text beside the box that keeps a card."""
    return page_text("consent", language).format(merchant=merchant.name)


def forget_cards(core: Core, merchant: Merchant, cards: list[SavedCard]) -> list[SavedCard]:
    """Delete cards here first, so that none is charged again, then at the gateway; return those that were kept until now."""
    with core.transactions.write() as work:
        kept = [card for card in cards if saved_cards.forget(work, card.card_id, now=core.now())]
    for card in kept:
        forget_at_gateway(core, merchant, card)
    return kept


def forget_at_gateway(core: Core, merchant: Merchant, card: SavedCard) -> None:
    """Delete a card at the gateway that is forgotten here."""
    try:
        core.gateways.of(merchant, merchant.gateway).forget(card.token)
    except GatewayError as error:
        # Not tried again: a card that is marked as forgotten is never offered or charged through us.
        log.warning("card_not_forgotten_at_gateway", error=type(error).__name__)
