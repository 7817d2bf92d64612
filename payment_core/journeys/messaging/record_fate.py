"""Write what became of a message, on its row and on its link: reports come in any order, and only move it on."""

from __future__ import annotations

from dataclasses import replace

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.link import Link
from payment_core.domain.words import LinkStatus, MessageStatus
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.notifying import queue_notifications
from payment_core.messengers.messenger import Fate
from payment_core.services import Core
from payment_core.store import merchants
from payment_core.store.links import links
from payment_core.store.messages import messages

REQUESTS = frozenset({Purpose.PAYMENT_REQUEST.value, Purpose.REPLY_OFFER.value, Purpose.REPLACED.value})
# FAILED is above SENT, since carriers accept what they cannot deliver, and below a proof of arrival.
_RANK = {
    MessageStatus.QUEUED: 0,
    MessageStatus.UNKNOWN: 1,
    MessageStatus.ACCEPTED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
}


def record_fate(work: UnitOfWork, core: Core, message_id: str, fate: Fate) -> None:
    """Move a message on, and its link with it; an older report than what is known changes nothing."""
    message = messages.lock(work, message_id)
    if message is None or _RANK[fate.status] <= _RANK[message.status]:
        return
    messages.change(work, message_id, now=core.now(), status=fate.status, failure=fate.failure, reason=fate.reason)
    if message.reference is None or message.purpose not in REQUESTS:
        return
    link = links.lock(work, message.reference)
    if link is not None:
        _on_link(work, core, link, fate)


def _on_link(work: UnitOfWork, core: Core, link: Link, fate: Fate) -> None:
    merchant = merchants.get(work, link.merchant_id)
    # A link of which the message left is SENT, whatever the network reports later.
    left = fate.status not in (MessageStatus.FAILED, MessageStatus.UNKNOWN)
    is_sent = link.status is LinkStatus.CREATED and link.payable and left
    changed = replace(
        link,
        status=LinkStatus.SENT if is_sent else link.status,
        message_status=fate.status,
        message_failure=fate.failure,
    )
    changed = links.save(work, changed)
    if is_sent:
        queue_notifications.link_changed(work, core, merchant, changed)
    queue_notifications.message_changed(work, core, merchant, changed, fate.status, fate.failure)
