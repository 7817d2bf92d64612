"""Hand over a live link, to be given to the customer by another channel."""

from __future__ import annotations

from connector.core.own import handed_over
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind
from connector.journeys.context import Context
from connector.journeys.handing_over.hand_over import HandedOver, HandOverOutcome, hand_over, note_by


def copy_link(context: Context, *, request: PaymentRequest, by: Person) -> HandedOver:
    """Return the address of a live link, and note by whom it was taken: outside its message a link leaves no other trail."""
    if not request.can_be_paid:
        return HandedOver(HandOverOutcome.OVER, request)
    found = hand_over(context, request=request, operation="reveal_payment_link", ask=handed_over.link_url)
    if found.outcome is not HandOverOutcome.SHOWN:
        return found
    # Written before the caller gets it: what is not in the history was not handed over.
    return HandedOver(found.outcome, note_by(context, request, EventKind.LINK_COPIED, by), found.url)
