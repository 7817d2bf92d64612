"""One payment link with its money and times. ``journeys/linking`` and ``journeys/paying`` set its deadlines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from foundation.money import ZERO
from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, LinkStatus, MessageStatus, PaymentStatus, TransactionType


class CancelRefusal(StrEnum):
    """Why a link cannot be cancelled, in the words of ``manifests/core/operations.json``."""

    ALREADY_CLICKED = "already_clicked"
    ALREADY_CANCELLED = "already_cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Line:
    """One position of what is paid for; shown on the page, never in a message. A credit is less than zero."""

    name: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Link:
    """A payment link as it is stored. Amounts have the currency's digits; times are in UTC."""

    reference: str
    merchant_id: str
    application: str
    order_number: str
    channel: Channel
    phone: Phone
    currency: str
    total: Decimal
    tax: Decimal
    sub_total: Decimal
    language: str
    additional_data: Mapping[str, Any]
    transaction_type: TransactionType
    auto_reversal: bool
    status: LinkStatus
    created_at: datetime
    expires_at: datetime
    # The caller's own id, unique with the application: the same request sent again gives the same link.
    caller_reference: str | None = None
    # The Salesforce contact or account to whom a saved card belongs.
    payer_reference: str | None = None
    lines: tuple[Line, ...] = ()
    # How many lines the order has beside these.
    more_lines: int = 0
    previous: str | None = None
    payment_status: PaymentStatus | None = None
    # Whether a customer may still begin to pay. Money that is under way can arrive after this.
    payable: bool = True
    authorized: Decimal = ZERO
    captured: Decimal = ZERO
    reversed: Decimal = ZERO
    settled: bool = False
    in_review: bool = False
    clicked_at: datetime | None = None
    decided_at: datetime | None = None
    review_finalised_at: datetime | None = None
    capture_before: datetime | None = None
    card_brand: str | None = None
    card_last4: str | None = None
    receipt_reference: str | None = None
    reconciliation_reference: str | None = None
    message_status: MessageStatus | None = None
    message_failure: str | None = None
    # The attempt whose money this is; money of any other is given back.
    paid_by: str | None = None
    # Why a person must look: a word of ``attention`` in ``manifests/core/ours.json``; since when, or since when nobody must
    # any more; and the words that somebody has dealt with, between spaces.
    attention: str | None = None
    attention_at: datetime | None = None
    attention_done: str = ""
    # How many of its refunds are known to have failed: one more needs a person anew.
    failed_refunds: int = 0
    version: int = field(default=1, compare=False)

    def changed(self, **values: Any) -> Link:
        """Return this link with other values, as its next version."""
        return replace(self, version=self.version + 1, **values)

    @property
    def has_money(self) -> bool:
        """Whether money is held or taken, and not all of it was given back."""
        # A capture of a part releases the rest: it is neither held nor taken any more.
        return (self.captured or self.authorized) > self.reversed

    @property
    def differs_from_lines(self) -> bool:
        """Whether all lines are listed and make another sum than is paid before tax, as with shipping or a discount."""
        listed = sum((one.amount for one in self.lines), ZERO)
        return bool(self.lines) and not self.more_lines and listed != self.sub_total

    def cancel_refusal(self) -> CancelRefusal | None:
        """Return why this link cannot be cancelled; None where it can."""
        if self.status is LinkStatus.CANCELLED:
            return CancelRefusal.ALREADY_CANCELLED
        if self.status is LinkStatus.EXPIRED:
            return CancelRefusal.EXPIRED
        # A link that was paid by reply was never clicked, and was used all the same.
        if self.status is LinkStatus.CLICKED or self.payment_status is not None:
            return CancelRefusal.ALREADY_CLICKED
        return None

    def is_overdue(self, now: datetime) -> bool:
        """Return whether the link's time is over and nobody has ended it yet."""
        return self.payable and self.expires_at <= now
