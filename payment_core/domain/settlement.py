"""What a payment, as the gateway describes it, changes on its link: the one table by which money moves here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from payment_core.domain.enums import LinkStatus, PaymentStatus, TransactionType
from payment_core.domain.link import Link
from payment_core.domain.payment import DisputeEnd, Payment, PaymentState


class Attention(StrEnum):
    """Why a person must look at a payment; shown, counted and sent as news. Each says what is so now, not what was hoped."""

    # The gateway asks for another amount or currency than we did: nobody may pay, and the link ends.
    AMOUNT_DIFFERS = "amount_differs"
    AMOUNT_TAKEN = "amount_differs_taken"  # it was paid all the same: it is being given back
    AMOUNT_RETURNED = "amount_differs_returned"
    AMOUNT_CHANGED = "amount_changed"  # after the right one had been counted, which stays
    PAID_TWICE = "paid_twice"  # a second payment arrived on one link: it is being given back
    PAID_TWICE_RETURNED = "paid_twice_returned"
    PAID_LATE = "paid_late"  # money arrived on a link that had been ended: it is being given back
    PAID_LATE_RETURNED = "paid_late_returned"
    RETURN_FAILED = "return_failed"  # money that is not the link's could not be given back
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST_THEN_WON = "dispute_lost_then_won"  # of several: the latest of them, and another before it
    DISPUTE_WON_THEN_LOST = "dispute_won_then_lost"
    FRAUD_SUSPECTED = "fraud_suspected"  # by the card's network, before any dispute
    REFUND_FAILED = "refund_failed"
    CAPTURE_FAILED = "capture_failed"  # refused after its answer had been lost: whoever asked for it was not answered


# What each becomes once the money is back.
_RETURNED = {
    Attention.AMOUNT_TAKEN: Attention.AMOUNT_RETURNED,
    Attention.PAID_TWICE: Attention.PAID_TWICE_RETURNED,
    Attention.PAID_LATE: Attention.PAID_LATE_RETURNED,
}
_DISPUTE_ENDS = {
    DisputeEnd.LOST: Attention.DISPUTE_LOST,
    DisputeEnd.WON: Attention.DISPUTE_WON,
    DisputeEnd.LOST_THEN_WON: Attention.DISPUTE_LOST_THEN_WON,
    DisputeEnd.WON_THEN_LOST: Attention.DISPUTE_WON_THEN_LOST,
}
# Each says of its disputes all that an end of a single one says.
_ENDS_OF_SEVERAL = (Attention.DISPUTE_LOST_THEN_WON, Attention.DISPUTE_WON_THEN_LOST)
# Nothing is left to do about these: they only say what happened.
OVER = frozenset(_RETURNED.values())
# Of a link that counted no money: it ends, so that its order can be paid by another.
ENDS_LINK = (Attention.AMOUNT_DIFFERS, Attention.AMOUNT_TAKEN, Attention.AMOUNT_RETURNED, Attention.RETURN_FAILED)


_MONEY_STATES = (PaymentState.HELD, PaymentState.TAKEN, PaymentState.REVERSED)
_ENDED = (LinkStatus.EXPIRED, LinkStatus.CANCELLED)


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
    differs = (payment.amount, payment.currency) != (link.total, link.currency)
    if link.paid_by not in (None, attempt_id):
        return _not_ours(link, payment, Attention.PAID_TWICE)
    if differs and link.paid_by is not None:
        # What was counted stays so until a person has looked.
        return _alarmed(link, Attention.AMOUNT_CHANGED)
    if differs:
        # Nobody may pay by this link any more: it ends once nothing of it can arrive.
        return _other_amount(replace(link, payable=False), payment)
    if link.paid_by is None and link.status in _ENDED:
        # Its end was news: the order may have been paid otherwise by now. A review that begins after it owns the link as
        # little as its money would.
        return _not_ours(link, payment, Attention.PAID_LATE)
    if payment.state in _MONEY_STATES:
        return _money(link, payment, attempt_id, now=now)
    if payment.state is PaymentState.REVIEW and not _decided(link) and not _is_older(payment, link):
        return _status(link, PaymentStatus.REVIEW, payment, now=now, attempt_id=attempt_id)
    if payment.state is PaymentState.DECLINED or (payment.state is PaymentState.DEAD and _is_in_review(link)):
        return _declined(link, payment, now=now)
    return Settlement(link)


def _not_ours(link: Link, payment: Payment, cause: Attention) -> Settlement:
    """Give back what does not belong to this link, and say by its attention how far that is."""
    if payment.state is PaymentState.REVERSED:
        known = link.attention in (cause, Attention.RETURN_FAILED)
        return _alarmed(link, _RETURNED[cause]) if known else Settlement(link)
    if payment.state in _MONEY_STATES:
        # A return is asked for once; what the gateway, or the bank, refused is a person's from then on.
        failed = payment.refund_failed or link.attention == Attention.RETURN_FAILED
        return _alarmed(link, Attention.RETURN_FAILED if failed else cause, Outcome.GIVE_BACK)
    return Settlement(link)


def _other_amount(link: Link, payment: Payment) -> Settlement:
    if payment.state not in _MONEY_STATES:
        return _alarmed(link, Attention.AMOUNT_DIFFERS, Outcome.CLOSE)
    if payment.state is PaymentState.REVERSED:
        return _alarmed(link, Attention.AMOUNT_RETURNED)
    return _not_ours(link, payment, Attention.AMOUNT_TAKEN)


def _alarmed(link: Link, attention: Attention, outcome: Outcome = Outcome.NONE) -> Settlement:
    is_done = attention in link.attention_done.split()
    return Settlement(link if is_done else replace(link, attention=attention), outcome=outcome)


def dealt_with(link: Link) -> Link:
    """Return the link after a person has dealt with its attention; the gateway may go on saying it."""
    # Whoever settled a return that failed has settled why the money was to go back.
    of_returns = (*_RETURNED, Attention.RETURN_FAILED)
    now_done = of_returns if link.attention in of_returns else (link.attention,)
    # What is over is said again of the next payment that comes back, else that one would seem under way for ever.
    known = {*link.attention_done.split(), *map(str, now_done)} - {*map(str, OVER)}
    if link.attention in _DISPUTE_ENDS.values():
        # Its beginning is dealt with by its end: of another dispute there is another beginning.
        known.discard(Attention.DISPUTED)
    if link.attention in _ENDS_OF_SEVERAL:
        known -= {*_DISPUTE_ENDS.values()} - {link.attention}
    done = " ".join(sorted(known))
    return replace(link, attention=None, attention_done=done)


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
    before, link = link, _with_failed_refunds(link, payment)
    authorized = max(link.authorized, payment.authorized)
    captured = max(link.captured, payment.captured)
    given_back = max(link.reversed, payment.reversed)
    status = _status_of(link, payment)
    attention = _attention(link, payment)
    moved = (authorized, captured, given_back) != (link.authorized, link.captured, link.reversed)
    settled = link.settled or payment.settled
    in_review = payment.in_review and link.review_finalised_at is None and given_back < (captured or authorized)
    is_news = status is not link.payment_status or moved or in_review != link.in_review
    if not is_news and (attention, settled, link) == (link.attention, link.settled, before):
        return Settlement(link)
    finalised = link.review_finalised_at
    if link.in_review and not in_review:
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


def _with_failed_refunds(link: Link, payment: Payment) -> Link:
    """Count the refunds that failed; one more than was known needs a person, also where the earlier one was dealt with."""
    if payment.failed_refunds <= link.failed_refunds:
        return link
    still_done = (one for one in link.attention_done.split() if one != Attention.REFUND_FAILED)
    return replace(link, failed_refunds=payment.failed_refunds, attention_done=" ".join(still_done))


def _attention(link: Link, payment: Payment) -> str | None:
    of_dispute = _of_dispute(link, payment)
    if of_dispute is not None:
        return of_dispute
    if payment.refund_failed and Attention.REFUND_FAILED not in link.attention_done.split():
        return Attention.REFUND_FAILED
    return link.attention


def _of_dispute(link: Link, payment: Payment) -> Attention | None:
    """Return what of a payment's disputes needs a person; None where it was dealt with."""
    done = link.attention_done.split()
    known, ends = (link.attention, *done), _DISPUTE_ENDS.values()
    end = _DISPUTE_ENDS[payment.dispute_end] if payment.dispute_end else None
    pending = next((one for one in ends if one == link.attention), None)
    if end not in _ENDS_OF_SEVERAL and any(one in known for one in _ENDS_OF_SEVERAL):
        # Read before the later of them ended.
        return pending
    # Whoever dealt with an end has dealt with its beginning, too: one that is known beside it was another dispute's.
    is_end_of_another = Attention.DISPUTED in known and not payment.disputed_again
    if end is not None and (end not in done or is_end_of_another):
        return end
    # A charge that was disputed once says so for ever. What was read before the end, or without it, comes too late.
    goes_on = payment.disputed_again or (payment.disputed and not any(one in known for one in ends))
    if not goes_on:
        return pending
    return None if Attention.DISPUTED in done else Attention.DISPUTED


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
