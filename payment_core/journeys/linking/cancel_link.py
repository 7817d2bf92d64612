"""Cancel a link that nobody opened, by its merchant, and write that to the customer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from payment_core.domain.enums import LinkStatus
from payment_core.domain.link import CancelRefusal, Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal
from payment_core.journeys.linking.expire_links import end_overdue
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store.links import attempts, links

# In our own words for why a message failed (manifests/core/ours.json).
OPTED_OUT, REPLACED = "opted_out", "replaced"
_SENTENCES = {
    CancelRefusal.ALREADY_CANCELLED: "The payment link is already cancelled.",
    CancelRefusal.EXPIRED: "The payment link has expired.",
    CancelRefusal.ALREADY_CLICKED: "The customer has already clicked the payment link.",
}


@dataclass(frozen=True)
class Cancelled:
    """A cancelled link, and why the customer could not be written to (None: the message left)."""

    link: Link
    failure: str | None


def cancel_link(core: Core, merchant: Merchant, reference: str, *, for_replacement: bool = False) -> Cancelled:
    """Cancel a link; from now on nothing can be paid with it.

    ``for_replacement``: the customer reads of it in the message of the link that takes its place.

    Raises:
        Refusal: 404, or 409 with the documented reason.
    """
    # First, so that a link whose time is over is refused as expired also where the worker has not come to it yet.
    end_overdue(core, reference)
    with core.transactions.write() as work:
        link = links.lock(work, reference)
        if link is None or link.merchant_id != merchant.merchant_id:
            raise Refusal(404, "TRANSACTION_NOT_FOUND", "No transaction has this paymentLinkRef.")
        refused = link.cancel_refusal()
        if refused is None and attempts.live_of(work, reference) is not None:
            # A saved card is being charged by reply: whether it was paid is not known yet.
            refused = CancelRefusal.ALREADY_CLICKED
        if refused is not None:
            raise Refusal(409, core.api.refusal("cancel_payment_link", refused.value), _SENTENCES[refused])
        link = links.save(work, replace(link, status=LinkStatus.CANCELLED, payable=False))
        queue_notifications.link_changed(work, core, merchant, link)
        if not for_replacement:
            message_id = queue_message.queue(work, core, merchant, Purpose.CANCELLED, link)
    core.wake.deliveries.set()
    if for_replacement:
        return Cancelled(link, REPLACED)
    # Sent after the commit: a cancellation is final, whatever becomes of the message about it.
    return Cancelled(link, send_message.send_now(core, message_id) if message_id else OPTED_OUT)
