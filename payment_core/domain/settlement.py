"""What a payment, as the gateway describes it, changes on its link: the one table by which money moves here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from payment_core.domain.link import Link
from payment_core.domain.payment import Payment, PaymentState
from payment_core.domain.words import PaymentStatus, TransactionType


class Attention(StrEnum):
    """Why a person must look at a payment; shown, counted and sent as news."""

    AMOUNT_DIFFERS = "amount_differs"  # the gateway answered another amount or currency than was asked: not believed
    PAID_TWICE = "paid_twice"  # a second payment arrived on one link: it is given back
    DISPUTED = "disputed"
    REFUND_FAILED = "refund_failed"


class Outcome(StrEnum):
    """What is done about a payment beside the change of its link."""

    NONE = "none"
    # The money is not this link's: release or refund it at once.
    GIVE_BACK = "give_back"
    # The page would take something that was not asked for: close it.
    CLOSE = "close"


@dataclass(frozen=True)
class Settlement:
    """The link after the news, whether its money is news, and what else must happen. An alarm is news of its own."""

    link: Link
    is_news: bool = False
    outcome: Outcome = Outcome.NONE


def settle(link: Link, payment: Payment, attempt_id: str, *, now: datetime) -> Settlement:
    """Return what a payment changes. Money only grows here, so that late and repeated news changes nothing."""
    if (payment.amount, payment.currency) != (link.total, link.currency):
        # Nobody may pay once more until a person has looked.
        return _alarmed(replace(link, payable=False), Attention.AMOUNT_DIFFERS, Outcome.CLOSE)
    if link.paid_by not in (None, attempt_id):
        return _second_payment(link, payment)
    if payment.state in (PaymentState.HELD, PaymentState.TAKEN, PaymentState.REVERSED):
        return _money(link, payment, attempt_id, now=now)
    if payment.state is PaymentState.REVIEW and not _decided(link) and not _is_older(payment, link):
        return _status(link, PaymentStatus.REVIEW, payment, now=now, attempt_id=attempt_id)
    if payment.state is PaymentState.DECLINED or (payment.state is PaymentState.DEAD and _is_in_review(link)):
        return _declined(link, payment, now=now)
    return Settlement(link)


def _second_payment(link: Link, payment: Payment) -> Settlement:
    if payment.state in (PaymentState.HELD, PaymentState.TAKEN):
        return _alarmed(link, Attention.PAID_TWICE, Outcome.GIVE_BACK)
    return Settlement(link)


def _alarmed(link: Link, attention: Attention, outcome: Outcome) -> Settlement:
    return Settlement(replace(link, attention=attention), outcome=outcome)


def _decided(link: Link) -> bool:
    # A review that ended badly is not opened again by an answer that was read before its end.
    return link.payment_status not in (None, PaymentStatus.DECLINED) or link.review_finalised_at is not None


def _is_older(payment: Payment, link: Link) -> bool:
    return payment.decided_at is not None and link.decided_at is not None and payment.decided_at < link.decided_at


def _is_in_review(link: Link) -> bool:
    return link.payment_status is PaymentStatus.REVIEW


def _declined(link: Link, payment: Payment, *, now: datetime) -> Settlement:
    if link.payment_status not in (None, PaymentStatus.DECLINED, PaymentStatus.REVIEW):
        return Settlement(link)
    # What was read before the link's last news: the card before the one that is in review, or was refused.
    if _is_older(payment, link):
        return Settlement(link)
    # Each refused try is news, and each is reported more than once; not every gateway says when it was.
    if link.payment_status is PaymentStatus.DECLINED and payment.decided_at in (None, link.decided_at):
        return Settlement(link)
    decided_at = payment.decided_at or now
    finalised = decided_at if _is_in_review(link) else link.review_finalised_at
    changed = _with_card(link, payment)
    return Settlement(
        replace(
            changed, payment_status=PaymentStatus.DECLINED, decided_at=decided_at, review_finalised_at=finalised,
            in_review=False,
        ),
        is_news=True,
    )  # fmt: skip


def _money(link: Link, payment: Payment, attempt_id: str, *, now: datetime) -> Settlement:
    authorized = max(link.authorized, payment.authorized)
    captured = max(link.captured, payment.captured)
    given_back = max(link.reversed, payment.reversed)
    status = _status_of(link, payment)
    attention = _attention(link, payment)
    moved = (authorized, captured, given_back) != (link.authorized, link.captured, link.reversed)
    settled = link.settled or payment.settled
    in_review = payment.in_review and link.review_finalised_at is None and given_back < (captured or authorized)
    is_news = status is not link.payment_status or moved or in_review != link.in_review
    if not is_news and (attention, settled) == (link.attention, link.settled):
        return Settlement(link)
    finalised = link.review_finalised_at
    if link.payment_status is PaymentStatus.REVIEW or (link.in_review and not in_review):
        finalised = payment.decided_at or now
    return Settlement(
        replace(
            _with_card(link, payment), payment_status=status, authorized=authorized, captured=captured,
            reversed=given_back, settled=settled, in_review=in_review, attention=attention, payable=False,
            decided_at=_later(payment.decided_at, link.decided_at) or now, review_finalised_at=finalised,
            capture_before=payment.capture_before or link.capture_before, paid_by=attempt_id,
            reconciliation_reference=payment.reconciliation or link.reconciliation_reference,
        ),
        # A payment that became settled is no news: it only ends what may still be reversed.
        is_news=is_news,
    )  # fmt: skip


def _status_of(link: Link, payment: Payment) -> PaymentStatus:
    is_reversed = link.payment_status in (PaymentStatus.VOIDED, PaymentStatus.REVERSED)
    # What was voided stays so, although its day of settlement comes later.
    if payment.reversed > link.reversed or (payment.state is PaymentState.REVERSED and not is_reversed):
        # Taken money that comes back before it is settled is voided; held money, or a refund, is reversed.
        voided = max(link.captured, payment.captured) > 0 and not (link.settled or payment.settled)
        return PaymentStatus.VOIDED if voided else PaymentStatus.REVERSED
    if link.reversed > 0 and link.payment_status is not None:
        return link.payment_status
    if payment.state is PaymentState.HELD:
        return PaymentStatus.CAPTURED if link.captured > 0 else PaymentStatus.AUTHORIZED
    sale = link.transaction_type is TransactionType.SALE
    return PaymentStatus.RECEIVED if sale else PaymentStatus.CAPTURED


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment is not None), default=None)


def _attention(link: Link, payment: Payment) -> str | None:
    if payment.disputed:
        return Attention.DISPUTED
    if payment.refund_failed:
        return Attention.REFUND_FAILED
    return link.attention


def _status(link: Link, status: PaymentStatus, payment: Payment, *, now: datetime, attempt_id: str) -> Settlement:
    changed = replace(
        _with_card(link, payment), payment_status=status, payable=False, decided_at=payment.decided_at or now,
        paid_by=attempt_id, in_review=status is PaymentStatus.REVIEW,
        reconciliation_reference=payment.reconciliation or link.reconciliation_reference,
    )  # fmt: skip
    return Settlement(changed, is_news=True)


def _with_card(link: Link, payment: Payment) -> Link:
    if payment.card is None:
        return link
    return replace(link, card_brand=payment.card.brand, card_last4=payment.card.last4)
