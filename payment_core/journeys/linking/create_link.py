"""Make a payment link, once for each reference of its application, and write to the customer."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import ApplicationStatus, LinkStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.errors import Refusal, invalid_field
from payment_core.gateways.gateway import AmountRefused
from payment_core.journeys.linking import offer_reply
from payment_core.journeys.linking.link_order import LinkOrder
from payment_core.journeys.linking.replace_link import check_previous, end_if_overdue, is_known_to
from payment_core.journeys.messaging import queue_message, send_message
from payment_core.journeys.messaging.purposes import Purpose
from payment_core.journeys.messaging.record_message_status import FirstRequest
from payment_core.journeys.messaging.send_limits import NumberLimits, limits_for
from payment_core.journeys.notifying import queue_notifications
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import opt_outs
from payment_core.store.messages.messages import Message

_OPTED_OUT = "The customer has opted out of this channel."


@dataclass(frozen=True)
class CreatedLink:
    """A link, whether a reply with a saved card was offered, and whether it was made by this call."""

    link: Link
    offers_saved_card: bool
    is_new: bool


def create_link(core: Core, merchant: Merchant, order: LinkOrder) -> CreatedLink:
    """Make a link and send it; the same reference with the same request returns the link that exists.

    Raises:
        Refusal: an amount that cannot be charged, unknown or disabled application, opted out,
            or a reference that was used for another request.
    """
    refused = _gateway_refusal(core, merchant, order)
    # Before anything is written: an account that cannot be built sends nothing.
    messenger = core.messengers.of(merchant, merchant.messenger)
    # Outside the transaction below: it may have to close a page at the gateway.
    end_if_overdue(core, order.previous)
    # The address's secret has 128 bits, because whoever has it sees the order and may pay.
    making = _Making(secrets.token_urlsafe(16), send_message.new_lease(core), refused)
    made = core.transactions.grouped(
        lambda work: _existing(work, merchant, order) or _make(work, core, merchant, order, making)
    )
    if isinstance(made, CreatedLink):
        return made
    core.wake.deliveries.set()
    first = FirstRequest(merchant, made.message, made.link, making.lease.lease_id, made.window_open)
    sent = send_message.send_request(core, messenger, first)
    return CreatedLink(sent.link or _current(core, made.link), made.offers_saved_card, is_new=True)


@dataclass(frozen=True)
class _Making:
    """What is known before the transaction: the link's secret, who sends its message, why no page could ever take it."""

    token: str
    lease: Lease
    refused: Refusal | None


@dataclass(frozen=True)
class _Made:
    """A link that was written, and its message; ``window_open``: its number may be written to in free text."""

    link: Link
    message: Message
    offers_saved_card: bool
    window_open: bool


def _gateway_refusal(core: Core, merchant: Merchant, order: LinkOrder) -> Refusal | None:
    """Return why no page could ever take an order, to be known before the customer is written to."""
    try:
        core.gateways.of(merchant, merchant.gateway).check(order.currency, {"total": order.total})
    except AmountRefused as refused:
        names = core.api.operation("send_payment_link").body
        return invalid_field(names[refused.word], refused.message)
    return None


def _current(core: Core, link: Link) -> Link:
    with core.transactions.read() as work:
        return links.get(work, link.reference)


def _existing(work: UnitOfWork, merchant: Merchant, order: LinkOrder) -> CreatedLink | None:
    if order.caller_reference is None:
        return None
    found = links.of_application(work, order.application, order.caller_reference)
    if found is None:
        return None
    link, digest = found
    # The id of another merchant's application counts as unknown: what it made is reported to nobody else.
    if link.merchant_id != merchant.merchant_id:
        return None
    if digest != order.digest:
        raise Refusal(409, "REFERENCE_USED", "This reference was used for another payment link.")
    return CreatedLink(link, offer_reply.is_offered(work, link), is_new=False)


def _check_application(work: UnitOfWork, core: Core, merchant: Merchant, order: LinkOrder) -> None:
    application = core.merchants.application(merchant.merchant_id, order.application, inside=work)
    if application is None:
        raise Refusal(404, "APPLICATION_NOT_FOUND", "No application has this applicationUuid.")
    if application.status is not ApplicationStatus.ACTIVATED:
        raise Refusal(409, "APPLICATION_DISABLED", "The application is disabled.")


def _make(work: UnitOfWork, core: Core, merchant: Merchant, order: LinkOrder, making: _Making) -> _Made | CreatedLink:
    """Insert the link, its news and its message, all of it or nothing; where another call was first, return its link."""
    if making.refused is not None:
        raise making.refused
    _check_application(work, core, merchant, order)
    previous = check_previous(work, core, merchant, order.previous)
    key = phone_key.of(core, merchant.merchant_id, order.phone)
    limits = limits_for(core, merchant, order.phone, key=key)
    _check_customer(work, core, merchant, order, key, limits)
    link = _new_link(core, merchant, order)
    try:
        links.add(work, link, token=making.token, phone_key=key, request_digest=order.digest)
    except links.CallerReferenceTaken:
        if found := _existing(work, merchant, order):
            return found
        raise
    queue_notifications.link_changed(work, core, merchant, link)
    offer = offer_reply.offer(work, core, merchant, link, key)
    purpose = Purpose.REPLY_OFFER if offer else Purpose.PAYMENT_REQUEST
    if previous is not None and is_known_to(order.phone, previous):
        purpose = Purpose.REPLACED
    new = queue_message.NewLink(link, making.token, key, limits, making.lease)
    message = queue_message.queue_request(work, core, merchant, purpose, new, offer=offer)
    window_open = send_message.is_window_open(work, core, merchant.merchant_id, key, order.channel)
    return _Made(link, message, offer is not None, window_open)


def _check_customer(
    work: UnitOfWork, core: Core, merchant: Merchant, order: LinkOrder, key: bytes, limits: NumberLimits
) -> None:
    """Refuse a customer who cannot be written to.

    Before the link exists: its caller can choose another way at once, and no link is left that nobody gets.
    """
    if opt_outs.is_stopped(work, merchant.merchant_id, key, order.channel):
        raise Refusal(409, core.api.refusal("send_payment_link", "opted_out"), _OPTED_OUT, field="channel")
    held_back = limits.refusal(work)
    if held_back is not None:
        raise Refusal(409, core.api.refusal("send_payment_link", held_back), core.api.failure(held_back) or "")


def _new_link(core: Core, merchant: Merchant, order: LinkOrder) -> Link:
    now = core.now()
    return Link(
        reference=str(uuid.uuid4()),
        merchant_id=merchant.merchant_id,
        application=order.application,
        order_number=order.order_number,
        channel=order.channel,
        phone=order.phone,
        currency=order.currency,
        total=order.total,
        tax=order.tax,
        sub_total=order.sub_total,
        language=order.language,
        additional_data=order.additional_data,
        transaction_type=merchant.transaction_type,
        auto_reversal=merchant.auto_reversal,
        status=LinkStatus.CREATED,
        created_at=now,
        expires_at=now + timedelta(seconds=core.api.unopened_seconds),
        caller_reference=order.caller_reference,
        payer_reference=order.payer_reference,
        lines=order.lines,
        more_lines=order.more_lines,
        previous=order.previous,
    )
