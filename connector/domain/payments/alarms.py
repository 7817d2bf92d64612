"""Why a person must look at a payment, in the words of ``manifests/core/ours.json``, and what only says what happened."""

from __future__ import annotations

from enum import StrEnum

from connector.domain.payments.payment import PaymentRequest


class Attention(StrEnum):
    """The words that we have a sentence for; a payment core of one's own may send others."""

    AMOUNT_DIFFERS = "amount_differs"
    AMOUNT_DIFFERS_TAKEN = "amount_differs_taken"
    AMOUNT_DIFFERS_RETURNED = "amount_differs_returned"
    AMOUNT_CHANGED = "amount_changed"
    PAID_TWICE = "paid_twice"
    PAID_TWICE_RETURNED = "paid_twice_returned"
    PAID_LATE = "paid_late"
    PAID_LATE_RETURNED = "paid_late_returned"
    RETURN_FAILED = "return_failed"
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST_THEN_WON = "dispute_lost_then_won"
    DISPUTE_WON_THEN_LOST = "dispute_won_then_lost"
    FRAUD_SUSPECTED = "fraud_suspected"
    REFUND_FAILED = "refund_failed"
    CAPTURE_FAILED = "capture_failed"


# Nothing is left to do: the money is back.
OVER = frozenset({Attention.AMOUNT_DIFFERS_RETURNED, Attention.PAID_TWICE_RETURNED, Attention.PAID_LATE_RETURNED})
# What the status says of the customer's money may not be so: their bank has it, or wants it, or did not get it back.
UNSETTLED = frozenset(
    {
        Attention.DISPUTED,
        Attention.DISPUTE_LOST,
        Attention.DISPUTE_LOST_THEN_WON,
        Attention.DISPUTE_WON_THEN_LOST,
        Attention.REFUND_FAILED,
    }
)
_OTHER = "other"


def needs_look(request: PaymentRequest) -> bool:
    """Return whether the core says that a person must look at a payment."""
    return request.attention is not None and request.attention not in OVER


def attention_word(request: PaymentRequest) -> str | None:
    """Return the word that texts are chosen by: ``other`` for one that we have none for, None where nothing is said."""
    if request.attention is None:
        return None
    return request.attention if request.attention in list(Attention) else _OTHER


def attention_fact(request: PaymentRequest) -> str:
    """Return what makes one alarm differ from another of the same payment: why, and since when."""
    since = f"{request.attention_at:%y%m%d%H%M%S}" if request.attention_at else ""
    return f"{request.attention}:{since}"
