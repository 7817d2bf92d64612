"""Send the receipt to the customer again."""

from __future__ import annotations

from connector.core.own import handed_over
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind
from connector.errors import UpstreamError
from connector.journeys.context import Context
from connector.journeys.handing_over.hand_over import HandedOver, HandOverOutcome, note_by, refused_outcome


def send_receipt(context: Context, *, request: PaymentRequest, by: Person) -> HandedOver:
    """Have the receipt sent to the customer again, once money was taken and while it is kept, and note by whom."""
    if not request.has_receipt or request.paid <= 0:
        return HandedOver(HandOverOutcome.NONE, request)
    try:
        sent = handed_over.send_receipt(context.core, context.tenant.core, request.link_reference or "")
    except UpstreamError as error:
        return HandedOver(refused_outcome(context, "send_receipt", error, unanswered=HandOverOutcome.UNKNOWN), request)
    if not sent.customer_told:
        return HandedOver(HandOverOutcome.NOT_TOLD, request, reason=sent.not_told_because)
    return HandedOver(HandOverOutcome.SENT, note_by(context, request, EventKind.RECEIPT_SENT, by))
