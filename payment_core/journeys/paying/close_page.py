"""Close a live page at the gateway: for the deadline, a cancellation, a replacement, or a saved card's charge."""

from __future__ import annotations

from datetime import timedelta

from foundation.log import get_logger
from payment_core.domain.attempt import Attempt, AttemptKind
from payment_core.domain.link import Link
from payment_core.gateways.gateway import GatewayError
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts

log = get_logger()
_AGAIN_AFTER = timedelta(seconds=10)


def close_page(core: Core, attempt: Attempt) -> Link | None:
    """Return the link with what became of its page; None where the gateway could not be asked: it is asked again."""
    with core.transactions.write() as work:
        merchant = merchants.get(work, attempt.merchant_id)
        if attempt.kind is AttemptKind.PAGE:
            # The worker goes on where this process stops.
            attempts.begin_to_close(work, attempt, look_at=core.now() + _AGAIN_AFTER)
    gateway = core.gateways.of(merchant, merchant.gateway)
    try:
        payment = gateway.close_page(attempt) if attempt.kind is AttemptKind.PAGE else gateway.look(attempt)
    except GatewayError as error:
        log.warning("page_not_closed", reference=attempt.link_reference, error=type(error).__name__)
        return None
    return settle_payment(core, attempt.attempt_id, payment)
