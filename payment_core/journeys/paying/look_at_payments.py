"""Look at payments at the gateway: after a webhook, and by the clock for what no webhook reported."""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation.database.lease import Lease
from foundation.log import get_logger
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.gateways.gateway import GatewayError, GatewayRefused, NotAdmitted, ObjectUnknown
from payment_core.journeys.one_by_one import one_by_one
from payment_core.journeys.paying.close_page import close_page
from payment_core.journeys.paying.end_refused import end_refused
from payment_core.journeys.paying.settle_payment import settle_payment
from payment_core.services import Core
from payment_core.store.links import attempts, links, rechecks

log = get_logger()
_AT_ONCE = 20
# Under a slow gateway it ends before its rows do: another worker repeats them with the same keys, which is harmless.
_LEASE = timedelta(seconds=60)
_AFTER_FAILURE = timedelta(seconds=30)
# Longer than any lease, so that a look under way is not repeated beside itself.
_AFTER_CRASH = timedelta(minutes=10)
_AFTER_END_OF_HOLD = timedelta(minutes=10)


def look_at_payments(core: Core, *, owner: str) -> int:
    """Look at the live attempts that are due and at closed links with money; return how many were looked at."""
    now = core.now()
    lease = Lease.of(owner, now + _LEASE)
    with core.transactions.write() as work:
        due = attempts.claim_due(work, now=now, until=lease.until, lease=lease.lease_id, most=_AT_ONCE)
    done = one_by_one(due, lambda one: look(core, one), step="payments")
    if done:
        with core.transactions.write() as work:
            attempts.release(work, done, lease=lease.lease_id, again_at=core.now() + _LEASE)
    return len(due) + _look_once_more(core)


def look(core: Core, attempt: Attempt) -> Link | None:
    """Read one payment and write it; None where the gateway could not be asked."""
    if attempt.state is AttemptState.CLOSING:
        return close_page(core, attempt)
    merchant = core.merchants.get(attempt.merchant_id)
    gateway = core.gateways.of(merchant, merchant.gateway)
    try:
        if attempt.state is AttemptState.PREPARED and not attempt.has_ids:
            # Its answer was lost, or it was never sent: the same request with the same key does no harm.
            return _find_out(core, attempt)
        payment = gateway.look(attempt)
    except ObjectUnknown as unknown:
        # Of an account that the merchant has left, with no key of it kept: what was known stays, and is asked for no more.
        return _postpone(core, attempt, unknown) if attempt.is_live else _leave_behind(core, attempt)
    except GatewayRefused as refused:
        if not attempt.has_ids and not isinstance(refused, NotAdmitted):
            # Nothing was made by it, and nothing ever will be.
            return _end(core, attempt, refused)
        return _postpone(core, attempt, refused)
    except GatewayError as error:
        return _postpone(core, attempt, error)
    return settle_payment(core, attempt.attempt_id, payment)


def _end(core: Core, attempt: Attempt, refused: GatewayRefused) -> Link:
    log.error("payment_refused", reference=attempt.link_reference, reason=refused.reason)
    return end_refused(core, attempt)


def _leave_behind(core: Core, attempt: Attempt) -> Link:
    log.warning("payment_of_other_account", reference=attempt.link_reference)
    with core.transactions.write() as work:
        attempts.change(work, attempt, look_at=None)
        return links.get(work, attempt.link_reference)


def _postpone(core: Core, attempt: Attempt, error: GatewayError) -> Link | None:
    log.warning("payment_not_read", reference=attempt.link_reference, error=type(error).__name__)
    with core.transactions.write() as work:
        attempts.change(work, attempt, look_at=core.now() + _AFTER_FAILURE)
    return None


def _find_out(core: Core, attempt: Attempt) -> Link:
    with core.transactions.read() as work:
        merchant, link = core.merchants.get(attempt.merchant_id, inside=work), links.get(work, attempt.link_reference)
    gateway = core.gateways.of(merchant, merchant.gateway)
    if attempt.kind is AttemptKind.SAVED_CARD:
        return settle_payment(core, attempt.attempt_id, gateway.charge_saved(attempt))
    page = gateway.open_page(attempt)
    with core.transactions.write() as work:
        attempts.open_page(work, attempt, page, look_at=core.now() + _AFTER_FAILURE)
    return link


def _look_once_more(core: Core) -> int:
    """Look at links whose money was decided a day ago."""
    with core.transactions.read() as work:
        references = rechecks.references_to_look_at(work, now=core.now(), most=_AT_ONCE)
    one_by_one(references, lambda one: _look_at_link(core, one), step="payments")
    return len(references)


def _look_at_link(core: Core, reference: str) -> None:
    with core.transactions.write() as work:
        # Not never, but later: this process may die in the call, and another looks then.
        rechecks.look_again(work, reference, at=core.now() + _AFTER_CRASH)
        link = links.get(work, reference)
        paid = attempts.get(work, link.paid_by) if link.paid_by else None
    after = look(core, paid) if paid is not None else link
    # What changed is looked at once more by itself, also where another process changed it; what could not be read is due again.
    if after is not None and after.version == link.version:
        with core.transactions.write() as work:
            rechecks.look_again(work, reference, at=_end_of_hold(core, after), version=after.version)


def _end_of_hold(core: Core, link: Link) -> datetime | None:
    """Return when an uncaptured hold is over: no webhook may report its end."""
    if link.payment_status is not PaymentStatus.AUTHORIZED or link.capture_before is None:
        return None
    ends = link.capture_before + _AFTER_END_OF_HOLD
    return ends if ends > core.now() else None
