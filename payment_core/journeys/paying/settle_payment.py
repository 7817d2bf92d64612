"""Write what a gateway says of a payment: the one place where money moves on a link."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from secrets import randbelow, token_urlsafe
from typing import Any

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import PaymentStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.payment import Payment, PaymentState
from payment_core.domain.settlement import Outcome, Settlement, settle
from payment_core.journeys.messaging import queue_message
from payment_core.journeys.messaging.compose import Details
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.notifying import queue_notifications
from payment_core.journeys.paying import save_card
from payment_core.services import Core
from payment_core.store.links import attempts, links, money_moves, rechecks
from payment_core.store.links.money_moves import MoneyMove, MoveKind, MoveState

log = get_logger()
_MONEY = (PaymentStatus.AUTHORIZED, PaymentStatus.RECEIVED, PaymentStatus.CAPTURED)
# Looks at a live page: soon at first, because the customer is there; a webhook makes most of them needless.
_PAUSES = (timedelta(seconds=20), timedelta(seconds=60))
# Money that is held or taken is looked at once a day later, for what no webhook reported.
_ONCE_MORE = timedelta(days=1)


def settle_payment(core: Core, attempt_id: str, payment: Payment) -> Link:
    """Write a payment on its link, end the attempt where nothing can follow, and queue the news and the messages.

    Raises:
        LookupError: there is no such attempt.
    """
    with core.transactions.write() as work:
        link = links.get(work, attempts.get(work, attempt_id).link_reference, locked=True)
        merchant = core.merchants.get(link.merchant_id, inside=work)
        # Read under the lock: another worker may have settled it meanwhile.
        attempt = attempts.get(work, attempt_id)
        # Everything below shares one commit: news without the money, or money without its news, can never be seen.
        if _is_known_refusal(attempt, payment):
            # A look that failed beside the end has asked for another, and this was it.
            attempts.change(work, attempt, look_at=None)
            return link
        change = settle(link, payment, attempt_id, now=core.now())
        link = _write(work, core, merchant, change, before=link)
        _answer_reply(work, core, merchant, link, attempt, payment)
        _end_attempt(work, core, merchant, attempt, payment, change)
        given_up = save_card.keep(work, core, merchant, link, attempt, payment)
    core.wake.deliveries.set()
    core.wake.messages.set()
    if given_up is not None:
        save_card.forget_at_gateway(core, merchant, given_up)
    return link


def _is_known_refusal(attempt: Attempt, payment: Payment) -> bool:
    """Return whether a saved card's refusal was written before: it is final, and news once."""
    # Its time cannot decide: the answer to the charge carries none of the gateway's, as a later look does, and their
    # clock may be ahead of ours.
    return (
        attempt.kind is AttemptKind.SAVED_CARD
        and attempt.state is AttemptState.ENDED
        and payment.state is PaymentState.DECLINED
        and payment.payment_id is not None
        and attempt.payment_id == payment.payment_id
    )


def _write(work: UnitOfWork, core: Core, merchant: Merchant, change: Settlement, *, before: Link) -> Link:
    if change.link == before:
        return before
    link = _with_references(change.link)
    if link.attention != before.attention:
        link = replace(link, attention_at=core.now())
    link = links.save(work, link)
    if link.has_money:
        rechecks.look_again(work, link.reference, at=core.now() + _ONCE_MORE)
    if link.attention != before.attention:
        queue_notifications.attention_changed(work, core, merchant, link)
    if change.is_news:
        queue_notifications.payment_changed(work, core, merchant, link)
        _queue_customer_message(work, core, merchant, link, before=before)
    return link


def _with_references(link: Link) -> Link:
    """Give money its receipt and its reconciliation reference, once."""
    if link.payment_status is None:
        return link
    # Random and not counted: it is printed on receipts, and a counter would show how much a merchant sells.
    reconciliation = link.reconciliation_reference or f"TRN{randbelow(10**12):012d}"
    receipt = link.receipt_reference
    if receipt is None and link.payment_status in _MONEY:
        receipt = token_urlsafe(16)
    return replace(link, reconciliation_reference=reconciliation, receipt_reference=receipt)


def _queue_customer_message(work: UnitOfWork, core: Core, merchant: Merchant, link: Link, *, before: Link) -> None:
    if not before.has_money and link.payment_status in _MONEY:
        queue_message.queue(work, core, merchant, Purpose.RECEIPT, link)
    elif link.reversed > before.reversed:
        # The message about a partial refund at the provider names the amount of that refund.
        details = Details(amount=link.reversed - before.reversed)
        queue_message.queue(work, core, merchant, Purpose.REVERSED, link, details=details)
    elif link.payment_status is PaymentStatus.DECLINED and before.payment_status is PaymentStatus.REVIEW:
        queue_message.queue(work, core, merchant, Purpose.REVIEW_DECLINED, link)


def _answer_reply(
    work: UnitOfWork, core: Core, merchant: Merchant, link: Link, attempt: Attempt, payment: Payment
) -> None:
    """Answer a reply that paid nothing, also where that is known only later; a receipt is the answer to one that paid."""
    purposes = {PaymentState.DECLINED: Purpose.DECLINED, PaymentState.NEEDS_CUSTOMER: Purpose.NEEDS_PAGE}
    purpose = purposes.get(payment.state)
    if purpose is not None and attempt.is_by_reply and attempt.is_live and link.payable:
        details = Details(message_id=queue_message.id_of(attempt.attempt_id, purpose))
        queue_message.queue(work, core, merchant, purpose, link, details=details)


def _end_attempt(
    work: UnitOfWork, core: Core, merchant: Merchant, attempt: Attempt, payment: Payment, change: Settlement
) -> None:
    """Write what an attempt is after this look, and when it is looked at again."""
    now = core.now()
    values: dict[str, Any] = {"page_id": payment.page_id, "payment_id": payment.payment_id}
    values = {name: value for name, value in values.items() if value is not None}
    if change.outcome is Outcome.GIVE_BACK and not _give_back(work, attempt, change, now=now):
        # Other money of this link is being moved; the return of this money is prepared after that.
        attempts.change(work, attempt, look_at=now + _PAUSES[0], **values)
    elif attempt.state is AttemptState.ENDED or _is_over(attempt, payment):
        attempts.end(work, attempt, now=now, **values)
        if attempt.is_of_saved_card and attempt.is_live:
            queue_notifications.charge_changed(work, core, merchant, change.link)
    elif change.outcome is Outcome.CLOSE or (payment.state is PaymentState.DECLINED and not change.link.payable):
        # Another amount than was asked for, or a review that ended badly: no card may follow on this page.
        attempts.begin_to_close(work, attempt, look_at=now)
        attempts.change(work, attempt, **values)
    else:
        pause = _PAUSES[0] if attempts.looks_of(work, attempt.attempt_id) < 3 else _PAUSES[1]
        attempts.change(work, attempt, look_at=now + pause, **values)


def _is_over(attempt: Attempt, payment: Payment) -> bool:
    """Return whether nothing can follow: a page may take another card after a decline, a saved card is charged once."""
    if payment.state is PaymentState.DECLINED:
        return attempt.kind is AttemptKind.SAVED_CARD
    return payment.is_final and payment.state is not PaymentState.REVIEW


def _give_back(work: UnitOfWork, attempt: Attempt, change: Settlement, *, now: datetime) -> bool:
    """Prepare the return of money that is not this link's, which the worker sends; False where that must wait."""
    move = MoneyMove(
        move_id=f"mov_{token_urlsafe(12)}",
        link_reference=attempt.link_reference,
        attempt_id=attempt.attempt_id,
        kind=MoveKind.GIVE_BACK,
        # From the attempt, so that settling it again prepares no second return.
        key=f"twice_{attempt.attempt_id}",
        amount=None,
        state=MoveState.PREPARED,
        created_at=now,
    )
    if money_moves.has_key(work, move.key):
        return True
    try:
        money_moves.add(work, move, look_at=now)
    except money_moves.AnotherMove:
        return False
    log.error(str(change.link.attention), reference=attempt.link_reference)
    return True
