"""Whether a message reached the customer, whether its link was only previewed, and what helps if it did not arrive."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, Money


class Remedy(StrEnum):
    """What the agent can do about a message that did not arrive."""

    OTHER_CHANNEL = "other_channel"
    OTHER_NUMBER = "other_number"
    SEND_AGAIN = "send_again"


# Messaging apps fetch a link for its preview as soon as the message arrives; a person takes longer.
PREVIEW_WITHIN = timedelta(seconds=2)
# By the words of ``manifests/core/ours.json`` for why; None: nothing that an agent can press helps.
REMEDIES: dict[str, Remedy | None] = {
    "unreachable": Remedy.OTHER_CHANNEL,
    "phone_off": Remedy.OTHER_CHANNEL,
    "not_on_whatsapp": Remedy.OTHER_CHANNEL,
    "window_closed": Remedy.OTHER_CHANNEL,
    "opted_out": Remedy.OTHER_CHANNEL,
    "blocked": Remedy.OTHER_CHANNEL,
    "landline": Remedy.OTHER_NUMBER,
    "invalid_number": Remedy.OTHER_NUMBER,
    "unknown_number": Remedy.OTHER_NUMBER,
    "country_off": None,
    "filtered": Remedy.OTHER_CHANNEL,
    "not_registered": Remedy.OTHER_CHANNEL,
    "pumping_guard": Remedy.OTHER_CHANNEL,
    "template": Remedy.OTHER_CHANNEL,
    "too_many": Remedy.SEND_AGAIN,
    "limit": None,
    "no_sender": Remedy.OTHER_CHANNEL,
    "account": None,
    "not_known": None,
    "too_late": Remedy.SEND_AGAIN,
    "not_sent": Remedy.SEND_AGAIN,
    "refused": Remedy.OTHER_CHANNEL,
}


def is_probable_preview(request: PaymentRequest) -> bool:
    """Return whether the link was first opened so soon after sending that it was probably a preview, not the customer."""
    if request.opened_at is None or request.sent_at is None:
        return False
    return request.opened_at - request.sent_at <= PREVIEW_WITHIN


def is_only_previewed(request: PaymentRequest) -> bool:
    """Return whether an open link was probably fetched for a preview alone: no sign yet of the customer."""
    states = request.states
    return states.link is Link.OPENED and states.money is Money.NONE and is_probable_preview(request)


def is_undelivered(request: PaymentRequest) -> bool:
    """Return whether the message is reported as failed, and nothing shows that the customer has its link all the same."""
    return (
        request.states.message is Message.FAILED
        and (request.states.link is not Link.OPENED or is_only_previewed(request))
        and request.states.money is Money.NONE
    )


def remedy_of(request: PaymentRequest) -> Remedy | None:
    """Return what helps with a message that did not arrive; None where it may have, or where nothing does."""
    if not is_undelivered(request):
        return None
    return REMEDIES.get(request.message_failure or "", Remedy.OTHER_CHANNEL)
