"""A payment as a gateway describes it, in one vocabulary for all gateways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from foundation.money import ZERO


class PaymentState(StrEnum):
    """What a gateway says of one attempt to pay."""

    OPEN = "open"  # a customer can still pay
    DEAD = "dead"  # nobody ever can, and no money moved
    NEEDS_CUSTOMER = "needs_customer"  # a saved card's bank wants to see its owner: send the link
    DECLINED = "declined"  # the last try was refused; on a page another card may follow
    REVIEW = "review"  # nothing is held or taken until a review ends
    HELD = "held"
    TAKEN = "taken"
    REVERSED = "reversed"  # all that was held or taken has been given back
    UNDER_WAY = "under_way"  # not decided at the gateway yet: ask again


class DisputeEnd(StrEnum):
    """How the disputes of a payment ended."""

    WON = "won"  # the merchant keeps the money
    LOST = "lost"
    # Of several that ended differently: the last word is the end of the one that began last.
    LOST_THEN_WON = "lost_then_won"
    WON_THEN_LOST = "won_then_lost"


@dataclass(frozen=True)
class Card:
    """What may be shown of a card."""

    brand: str
    last4: str
    expires: str | None = None  # YYYY-MM


@dataclass(frozen=True)
class CardToken:
    """A saved card at the gateway: ids that mean nothing elsewhere; sealed at rest all the same."""

    customer: str
    card: str


@dataclass(frozen=True)
class Payment:
    """One attempt to pay, as the gateway describes it at ``looked_at`` of the caller."""

    state: PaymentState
    currency: str
    # What we asked for; the gateway's answer must equal it, else nothing of it is believed.
    amount: Decimal
    page_id: str | None = None
    payment_id: str | None = None
    link_reference: str | None = None
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    reversed: Decimal = ZERO
    fee: Decimal | None = None
    decided_at: datetime | None = None
    capture_before: datetime | None = None
    # Taken, but a reviewer has doubts: do not ship.
    in_review: bool = False
    settled: bool = False
    disputed: bool = False
    # None: none has ended, or it is not known how.
    dispute_end: DisputeEnd | None = None
    # Whether one goes on beside another that has ended: part of a payment, or its other part, is disputed again.
    disputed_again: bool = False
    # A refund that is tried again may fail again.
    failed_refunds: int = 0
    card: Card | None = None
    saved: CardToken | None = None
    # The gateway's own reason for a decline, from its published list.
    decline_code: str | None = None
    reconciliation: str | None = None

    @property
    def refund_failed(self) -> bool:
        """Whether money that was to go back did not."""
        return self.failed_refunds > 0

    @property
    def is_final(self) -> bool:
        """Whether no customer can change it any more."""
        return self.state not in {PaymentState.OPEN, PaymentState.DECLINED, PaymentState.UNDER_WAY}


def with_disputes(payment: Payment, ends: Sequence[DisputeEnd | None]) -> Payment:
    """Return a payment with how its disputes ended, from the end of each, the newest first; None is one that goes on."""
    over = [one for one in ends if one is not None]
    goes_on = len(over) < len(ends)
    known = replace(payment, disputed_again=goes_on and bool(over))
    if goes_on and DisputeEnd.LOST not in over:
        return known
    if len(set(over)) <= 1:
        return replace(known, dispute_end=next(iter(over), None))
    mixed = DisputeEnd.LOST_THEN_WON if over[0] is DisputeEnd.WON else DisputeEnd.WON_THEN_LOST
    return replace(known, dispute_end=mixed)
