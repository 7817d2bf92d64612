"""Close a live page at the gateway: for the deadline, a cancellation, a replacement, or a saved card's charge."""

from __future__ import annotations

from datetime import timedelta

from foundation.log import get_logger
from payment_core.domain.attempt import Attempt, AttemptKind
from payment_core.domain.link import Link
from payment_core.gateways.gateway import GatewayError, GatewayRefused
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import attempts, links

log = get_logger()
_AGAIN_AFTER = timedelta(seconds=10)
# A refusal, such as a key that was withdrawn, does not pass in seconds; no answer does.
_AFTER_REFUSAL = timedelta(seconds=60)
# A page that is missing at the gateway counts as closed only long after its own end.
_SURELY_DEAD_AFTER = timedelta(days=1)


def close_page(core: Core, attempt: Attempt) -> Link | None:
    """Return the link with what became of its page; None where the gateway could not be asked: it is asked again."""
    if attempt.kind is AttemptKind.SAVED_CARD and not attempt.has_ids:
        # Its answer was lost, or it was never sent: only the worker, which repeats it, finds out.
        return None
    with core.transactions.write() as work:
        merchant = merchants.get(work, attempt.merchant_id)
        if attempt.kind is AttemptKind.PAGE:
            # The worker goes on where this process stops.
            attempts.begin_to_close(work, attempt, look_at=core.now() + _AGAIN_AFTER)
    gateway = core.gateways.of(merchant, merchant.gateway)
    try:
        payment = gateway.close_page(attempt) if attempt.kind is AttemptKind.PAGE else gateway.look(attempt)
    except GatewayRefused as refused:
        log.error("page_not_closed", reference=attempt.link_reference, reason=refused.reason)
        return _give_up(core, attempt)
    except GatewayError as error:
        log.warning("page_not_closed", reference=attempt.link_reference, error=type(error).__name__)
        return None
    return settle_payment(core, attempt.attempt_id, payment)


def _give_up(core: Core, attempt: Attempt) -> Link | None:
    """Return the link where nobody can pay by this attempt: nobody has the address of a page that we never got."""
    now = core.now()
    with core.transactions.write() as work:
        if attempt.kind is AttemptKind.PAGE and attempt.page_id is None:
            attempts.end_unopened(work, attempt, now=now)
        elif attempt.dies_at is not None and attempt.dies_at + _SURELY_DEAD_AFTER < now:
            attempts.end(work, attempt, now=now)
        else:
            attempts.change(work, attempt, look_at=now + _AFTER_REFUSAL)
        is_live = attempts.get(work, attempt.attempt_id).is_live
        return None if is_live else links.get(work, attempt.link_reference)
