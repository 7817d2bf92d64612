"""Write what became of a message, on its row and on its link: reports come in any order, and only move it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from foundation.database.unit_of_work import UnitOfWork
from foundation.log import get_logger
from payment_core.domain.enums import LinkStatus, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.journeys.messaging.purposes import REQUESTS
from payment_core.journeys.notifying import queue_notifications
from payment_core.messengers.messenger import MessageReport
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import messages, opt_outs
from payment_core.store.messages.messages import Message

log = get_logger()
# Words of manifests/core/ours.json: the provider's own list of those who stopped; a message whose outcome is unknown.
OPTED_OUT, NOT_KNOWN = "opted_out", "not_known"
# A report comes within minutes, or was lost: then the provider is asked.
FIRST_ASKED_AFTER = timedelta(minutes=5)
# FAILED is above SENT, since carriers accept what they cannot deliver, and below a proof of arrival.
_RANK = {
    MessageStatus.QUEUED: 0,
    # Below everything that a report can say: any report ends the doubt.
    MessageStatus.UNKNOWN: 1,
    MessageStatus.ACCEPTED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
}


def record_message_status(
    work: UnitOfWork, core: Core, message_id: str, report: MessageReport, *, is_concluded: bool = False
) -> Link | None:
    """Move a message on, and its link with it; an older report than what is known changes nothing.

    ``is_concluded``: nobody sends it or asks for it any more. Returns the link where that changed.
    """
    message = messages.lock(work, message_id)
    if message is None:
        return None
    values: dict[str, Any] = {"due_at": None, "lease": None} if is_concluded else {}
    values |= _provider_id(message, report)
    if report.failure == OPTED_OUT:
        _learn_stop(work, core, message)
    is_news = _RANK[report.status] > _RANK[message.status]
    if is_news:
        asked_at = None if _RANK[report.status] > _RANK[MessageStatus.SENT] else core.now() + FIRST_ASKED_AFTER
        values |= {"status": report.status, "failure": report.failure, "reason": report.reason, "fate_due_at": asked_at}
    if values:
        messages.change(work, message_id, now=core.now(), **values)
    # Agents follow the message that brings the link; what became of a receipt is on the portal only.
    if not is_news or message.reference is None or message.purpose not in REQUESTS:
        return None
    link = links.get(work, message.reference, locked=True)
    return _on_link(work, core, core.merchants.get(message.merchant_id, inside=work), link, report)


@dataclass(frozen=True)
class FirstRequest:
    """The message of a link that was made a moment ago, both as their maker wrote them, its merchant and its lease.

    ``window_open``: the number may be written to in free words.
    """

    merchant: Merchant
    message: Message
    link: Link
    lease: str
    window_open: bool


def record_acceptance(work: UnitOfWork, core: Core, first: FirstRequest, report: MessageReport) -> Link | None:
    """As ``record_message_status``, for the first message of a link, in one write unless somebody changed it meanwhile."""
    message, now = first.message, core.now()
    values = {"status": report.status, "provider_id": report.provider_id, "fate_due_at": now + FIRST_ASKED_AFTER}
    is_plain = report.status in (MessageStatus.ACCEPTED, MessageStatus.SENT)
    if is_plain and messages.conclude_begun(work, message.message_id, lease=first.lease, now=now, **values):
        return _on_link(work, core, first.merchant, first.link, report, change=links.change_same)
    return record_message_status(work, core, message.message_id, report, is_concluded=True)


def record_doubt(work: UnitOfWork, message: Message) -> None:
    """Record on its link that it is unknown whether a message was sent, until something proves it."""
    if message.reference is None or message.purpose not in REQUESTS:
        return
    link = links.get(work, message.reference, locked=True)
    if link.message_status is None:
        links.change(work, link, message_status=MessageStatus.UNKNOWN, message_failure=NOT_KNOWN)


def _provider_id(message: Message, report: MessageReport) -> dict[str, Any]:
    """Return the provider's id to be written, which a report may bring before our own call's answer, or in its place."""
    if not report.provider_id or report.provider_id == message.provider_id:
        return {}
    if message.provider_id is not None:
        # The first id stays: reports of both carry our own message id, so none is lost.
        log.error("message_sent_twice", reference=message.reference, merchant=message.merchant_id)
        return {}
    return {"provider_id": report.provider_id, "due_at": None}


def _learn_stop(work: UnitOfWork, core: Core, message: Message) -> None:
    """Record a STOP that never reached us: the provider refuses to write to this number."""
    merchant = core.merchants.get(message.merchant_id, inside=work)
    key = phone_key.of(core, message.merchant_id, message.phone)
    mark = phone_key.mark_of(core)
    if opt_outs.stop(work, message.merchant_id, key, message.channel, at=core.now(), key_mark=mark):
        log.info("stop_learnt", channel=message.channel.value)
        queue_notifications.customer_opted(work, core, merchant, message.phone.digits, message.channel, stopped=True)


def _on_link(
    work: UnitOfWork,
    core: Core,
    merchant: Merchant,
    link: Link,
    report: MessageReport,
    *,
    change: Callable[..., Link | None] = links.change,
) -> Link | None:
    # A link of which the message left is SENT, whatever the network reports later.
    left = report.status not in (MessageStatus.FAILED, MessageStatus.UNKNOWN)
    is_sent = link.status is LinkStatus.CREATED and link.payable and left
    changed = change(
        work,
        link,
        status=LinkStatus.SENT if is_sent else link.status,
        message_status=report.status,
        message_failure=report.failure,
    )
    if changed is None:
        return _on_link(work, core, merchant, links.get(work, link.reference, locked=True), report)
    if is_sent:
        queue_notifications.link_changed(work, core, merchant, changed)
    queue_notifications.message_changed(work, core, merchant, changed, report.status, report.failure)
    return changed
