"""Charge a saved card for a link that its owner answered; whatever page is open is closed first, and proven dead."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256
from secrets import token_urlsafe

from foundation.log import get_logger
from payment_core.domain.attempt import BY_REPLY, Attempt, AttemptKind, AttemptState
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.saved_card import SavedCard
from payment_core.gateways.gateway import GatewayError, GatewayRefused, SavedCharge
from payment_core.journeys.notifying import queue_notifications
from payment_core.journeys.paying.close_page import close_page
from payment_core.journeys.paying.end_refused import end_refused
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts, links

log = get_logger()


def charge_saved_card(
    core: Core, merchant: Merchant, link: Link, card: SavedCard, *, reply: str | None = None
) -> Link | None:
    """Return the link after the charge: paid, declined, or unchanged where its owner is needed; None: not known yet.

    ``reply`` is the id of the attempt that a customer's reply began: the same reply, carried out again after a crash,
    charges no second time.
    """
    with core.transactions.read() as work:
        mine = attempts.find(work, reply) if reply else None
        live = attempts.live_of(work, link.reference)
    if mine is not None:
        return _charge(core, merchant, mine) if mine.is_live else _read(core, link)
    # The customer may be typing a card on that page: both could be charged.
    if live is not None and close_page(core, live) is None:
        return None
    try:
        attempt = _prepare(core, merchant, link, card, reply=reply)
    except attempts.AnotherLive:
        # The page that was to be closed is taking money just now, or another reply was quicker.
        return None
    return _read(core, link) if attempt is None else _charge(core, merchant, attempt)


def reply_attempt_id(cause: str) -> str:
    """Return the id of the attempt that a reply begins."""
    return f"att_{urlsafe_b64encode(sha256(cause.encode()).digest()[:16]).decode().rstrip('=')}"


def _read(core: Core, link: Link) -> Link:
    with core.transactions.read() as work:
        return links.get(work, link.reference)


def _charge(core: Core, merchant: Merchant, attempt: Attempt) -> Link | None:
    gateway = core.gateways.of(merchant, merchant.gateway)
    try:
        payment = gateway.charge_saved(attempt)
    except GatewayRefused as refused:
        log.warning("charge_refused", reference=attempt.link_reference, reason=refused.reason)
        return end_refused(core, attempt)
    except GatewayError as error:
        # The worker repeats the same request with the same key.
        log.warning("charge_unknown", reference=attempt.link_reference, error=type(error).__name__)
        return None
    return settle_payment(core, attempt.attempt_id, payment)


def _prepare(core: Core, merchant: Merchant, link: Link, card: SavedCard, *, reply: str | None) -> Attempt | None:
    """Write the attempt before the gateway is called; None where the link cannot be paid any more.

    Raises:
        AnotherLive: the link has a live attempt.
    """
    now = core.now()
    attempt = Attempt(
        attempt_id=reply or f"att_{token_urlsafe(16)}",
        link_reference=link.reference,
        merchant_id=merchant.merchant_id,
        kind=AttemptKind.SAVED_CARD,
        state=AttemptState.PREPARED,
        key=f"{BY_REPLY if reply else 'card_'}{token_urlsafe(16)}",
        created_at=now,
        look_at=now + core.first_look_after,
        card_id=card.card_id,
    )
    plan = SavedCharge(link=link, attempt=attempt, token=card.token)
    try:
        attempt = replace(attempt, body=core.gateways.of(merchant, merchant.gateway).prepare(plan))
    except GatewayRefused as refused:
        log.warning("charge_refused", reference=link.reference, reason=refused.reason)
        return None
    with core.transactions.write() as work:
        locked = links.get(work, link.reference, locked=True)
        if not locked.payable or locked.is_overdue(now):
            return None
        attempts.add(work, attempt)
        # Told before the gateway's answer: until then nobody may cancel the link, or be offered to.
        queue_notifications.charge_changed(work, core, merchant, locked)
    core.wake.deliveries.set()
    return attempt
