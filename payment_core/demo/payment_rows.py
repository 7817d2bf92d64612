"""The rows of the demo's payments: as the core sees them, and what banks and card networks do to them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from foundation.money import ZERO
from payment_core.domain.payment import Card, CardToken, Payment, PaymentState

# As long as card networks hold money: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
HOLD_LIVES = timedelta(days=7)
_DONE = (PaymentState.HELD, PaymentState.TAKEN, PaymentState.REVERSED)


class Happening(StrEnum):
    """What happens to a payment without its merchant."""

    DISPUTE = "dispute"
    WIN_DISPUTE = "win-dispute"
    LOSE_DISPUTE = "lose-dispute"
    FRAUD_WARNING = "fraud-warning"
    REFUND = "refund"  # of all that is left, by somebody at the gateway
    FAIL_REFUND = "fail-refund"  # the customer's bank sends a refund back


def happened(row: Row[Any], what: Happening) -> Mapping[str, Any] | None:
    """Return what changes in a row; None where this cannot happen to it."""
    state = PaymentState(row.state)
    if what is Happening.FAIL_REFUND:
        back = {"state": PaymentState.TAKEN.value, "reversed": ZERO, "refund_failed": True}
        return back if row.captured and row.reversed else None
    if state is not PaymentState.TAKEN:
        return None
    if what is Happening.REFUND:
        return {"state": PaymentState.REVERSED.value, "reversed": row.captured, "refund_failed": False}
    return {"disputed": True} if what is Happening.DISPUTE else {"warned": True}


def payment_of(row: Row[Any]) -> Payment:
    """Return the payment of a row."""
    state = PaymentState(row.state)
    card = Card(row.brand, row.last4, row.expires) if row.last4 else None
    stored = {"brand": row.brand, "last4": row.last4, "expires": row.expires, "outcome": row.outcome}
    token = CardToken("demo", json.dumps(stored)) if card and row.saves_card and state in _DONE else None
    return Payment(
        state=state,
        currency=row.currency,
        amount=row.amount,
        page_id=row.payment_id,
        payment_id=row.payment_id if row.decided_at else None,
        link_reference=row.reference,
        authorized=row.authorized,
        captured=row.captured,
        reversed=row.reversed,
        decided_at=row.decided_at,
        capture_before=row.decided_at + HOLD_LIVES if state is PaymentState.HELD else None,
        settled=row.settled,
        disputed=row.disputed,
        failed_refunds=int(row.refund_failed),
        card=card,
        saved=token,
    )
