"""Links that were fetched for a preview, which is no opening by the customer."""

from __future__ import annotations

from datetime import timedelta

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Money

# Messaging apps fetch a link for its preview as soon as the message arrives; a person takes longer.
PREVIEW_WITHIN = timedelta(seconds=2)


def is_probable_preview(request: PaymentRequest) -> bool:
    """Return whether the link was first opened so soon after sending that it was probably a preview, not the customer."""
    if request.opened_at is None or request.sent_at is None:
        return False
    return request.opened_at - request.sent_at <= PREVIEW_WITHIN


def is_only_previewed(request: PaymentRequest) -> bool:
    """Return whether an open link was probably fetched for a preview alone: no sign yet of the customer."""
    states = request.states
    return states.link is Link.OPENED and states.money is Money.NONE and is_probable_preview(request)
