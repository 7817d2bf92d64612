"""Show the receipt that the customer has."""

from __future__ import annotations

from connector.core.own import handed_over
from connector.domain.payments.payment import PaymentRequest
from connector.journeys.context import Context
from connector.journeys.handing_over.hand_over import HandedOver, HandOverOutcome, hand_over


def show_receipt(context: Context, *, request: PaymentRequest) -> HandedOver:
    """Return the address of a payment's receipt, once money was taken."""
    if not request.has_receipt:  # a core may name a page of its own for money that is only held
        return HandedOver(HandOverOutcome.NONE, request)
    return hand_over(context, request=request, operation="get_receipt", ask=handed_over.receipt_url)
