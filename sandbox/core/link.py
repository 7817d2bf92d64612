"""Knows what one payment link is; refuses to know how it changes."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from sandbox.core.clock import stamp, stamp_or_none
from sandbox.core.merchant import ENVIRONMENT
from sandbox.core.store import Row

AMOUNTS = ("total", "tax", "sub_total", "authorized", "captured", "reversed")
MONEY_IN = ("PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED", "PAYMENT_CAPTURED")


@dataclass(frozen=True)
class Link:
    """A payment link with its transaction; times are seconds on the sandbox's clock."""

    ref: str
    token: str
    receipt_token: str | None
    application: str
    order_number: str
    channel: str
    phone: str
    currency: str
    total: Decimal
    tax: Decimal
    sub_total: Decimal
    language: str
    additional_data: str
    link_status: str
    payment_status: str | None
    transaction_type: str
    auto_reversal: int
    authorized: Decimal
    captured: Decimal
    reversed: Decimal
    message_status: str | None
    message_failure: str | None
    payable: int
    settled: int
    card_brand: str | None
    card_last4: str | None
    created_at: float
    clicked_at: float | None
    expires_at: float
    decided_at: float | None
    review_finalised_at: float | None
    reconciliation: str | None

    def answer(self, merchant_name: str) -> dict[str, Any]:
        """This function will give the transaction under the words of the manifest's left side."""
        amounts = {name: getattr(self, name) for name in AMOUNTS}
        return {
            **amounts,
            "order_number": self.order_number,
            "link_reference": self.ref,
            "link_status": self.link_status,
            "payment_status": self.payment_status,
            "currency": self.currency,
            "channel": self.channel,
            "environment": ENVIRONMENT,
            "additional_data": json.loads(self.additional_data),
            "created_at": stamp(self.created_at),
            "clicked_at": stamp_or_none(self.clicked_at),
            "expires_at": stamp(self.expires_at),
            "decided_at": stamp_or_none(self.decided_at),
            "review_finalised_at": stamp_or_none(self.review_finalised_at),
            "transaction_type": self.transaction_type,
            "receipt_reference": self.receipt_token,
            "reconciliation_reference": self.reconciliation,
            "merchant_name": merchant_name,
        }


COLUMNS = tuple(field.name for field in fields(Link))


def link_of(row: Row) -> Link:
    """This function will read a row of the links table."""
    values: Row = {name: Decimal(row[name]) if name in AMOUNTS else row[name] for name in COLUMNS}
    return Link(**values)
