"""Charge a saved card for a link that its owner answered; whatever page is open is closed first, and proven dead."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_urlsafe

from foundation.log import get_logger
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import SavedCard
from payment_core.gateways.gateway import GatewayError, GatewayRefused, SavedCharge
from payment_core.journeys.paying.close_page import close_page
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts, links

log = get_logger()


def charge_saved_card(core: Core, merchant: Merchant, link: Link, card: SavedCard) -> Link | None:
    """Return the link after the charge: paid, declined, or unchanged where its owner is needed; None: not known yet."""
    with core.transactions.read() as work:
        live = attempts.live_of(work, link.reference)
    if live is not None and close_page(core, live) is None:
        return None
    try:
        attempt = _prepared(core, merchant, link, card)
    except attempts.AnotherLive:
        # The page that was to be closed is taking money just now, or another reply was quicker.
        return None
    if attempt is None:
        with core.transactions.read() as work:
            return links.find(work, link.reference)
    gateway = core.gateways.of(merchant, merchant.gateway)
    try:
        payment = gateway.charge_saved(attempt)
    except GatewayRefused as refused:
        log.warning("charge_refused", reference=link.reference, reason=refused.reason)
        with core.transactions.write() as work:
            attempts.end_unopened(work, attempt, now=core.now())
            return links.find(work, link.reference)
    except GatewayError as error:
        # The worker repeats the same request with the same key.
        log.warning("charge_unknown", reference=link.reference, error=type(error).__name__)
        return None
    return settle_payment(core, attempt.attempt_id, payment)


def _prepared(core: Core, merchant: Merchant, link: Link, card: SavedCard) -> Attempt | None:
    """Write the attempt before the gateway hears of it; None where the link cannot be paid any more.

    Raises:
        AnotherLive: the link has a live attempt.
    """
    now = core.now()
    attempt = Attempt(
        attempt_id=f"att_{token_urlsafe(16)}",
        link_reference=link.reference,
        merchant_id=merchant.merchant_id,
        kind=AttemptKind.SAVED_CARD,
        state=AttemptState.PREPARED,
        key=f"card_{token_urlsafe(16)}",
        created_at=now,
        look_at=now + core.first_look_after,
        card_id=card.card_id,
    )
    plan = SavedCharge(link=link, attempt=attempt, token=card.token)
    attempt = replace(attempt, body=core.gateways.of(merchant, merchant.gateway).prepare(plan))
    with core.transactions.write() as work:
        locked = links.lock(work, link.reference)
        if locked is None or not locked.payable or locked.is_overdue(now):
            return None
        attempts.add(work, attempt)
    return attempt
