"""How much of a payment is there is read from what Stripe says of its money, not from one status."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from payment_core.domain.payment import PaymentState
from payment_core.gateways.stripe.payments import of_intent, of_session
from tests.payment_core.conftest import MERCHANT


def intent(*refunds: tuple[int, str], **changes: Any) -> dict[str, Any]:
    """Return a paid intent of R 150.00 with refunds, each an amount in cents and its status."""
    charge = {
        "id": "ch_1",
        "status": "succeeded",
        "amount_refunded": sum(amount for amount, _ in refunds),
        "refunds": {"data": [{"amount": amount, "status": status} for amount, status in refunds], "has_more": False},
    }
    plain = {"id": "pi_1", "status": "succeeded", "currency": "zar", "amount": 15000, "amount_received": 15000}
    return {**plain, "latest_charge": charge, **changes}


@pytest.mark.parametrize(
    ("refunds", "state", "reversed_"),
    [
        ([], PaymentState.TAKEN, "0.00"),
        ([(4000, "succeeded")], PaymentState.TAKEN, "40.00"),
        ([(15000, "succeeded")], PaymentState.REVERSED, "150.00"),
        ([(4000, "succeeded"), (11000, "pending")], PaymentState.REVERSED, "150.00"),
        ([(15000, "failed")], PaymentState.TAKEN, "0.00"),
        ([(4000, "succeeded"), (11000, "canceled")], PaymentState.TAKEN, "40.00"),
    ],
)
def test_a_payment_is_reversed_when_all_of_it_went_back_and_a_failed_refund_is_none(
    refunds: list[tuple[int, str]], state: PaymentState, reversed_: str
) -> None:
    payment = of_intent(intent(*refunds), MERCHANT)
    assert (payment.state, payment.captured, payment.reversed) == (state, Decimal("150.00"), Decimal(reversed_))


@pytest.mark.parametrize(("amount", "currency"), [(14999, "zar"), (15001, "zar"), (15000, "usd")])
def test_a_payment_of_another_amount_than_its_page_shows_is_one_of_nothing(amount: int, currency: str) -> None:
    """So that it differs from whatever was asked, and raises the alarm."""
    session = {"id": "cs_1", "status": "complete", "currency": "zar", "amount_total": 15000}
    honest = of_session({**session, "payment_intent": intent()}, MERCHANT)
    assert honest.amount == Decimal("150.00")
    other = of_session({**session, "payment_intent": intent(amount=amount, currency=currency)}, MERCHANT)
    assert other.amount == 0
