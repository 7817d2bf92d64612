"""Queue a message to a customer inside the transaction of the change that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe

from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.message_parts import parts_of
from payment_core.domain.words import Channel, MessageStatus
from payment_core.journeys.messaging.compose import Offer, compose
from payment_core.journeys.messaging.purposes import ANSWERS_TO_STOP, Purpose
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import messages, opt_outs
from payment_core.store.messages.messages import Content, Message

# Messages without a link of their own, such as receipts: a provider gives up after this long.
_VALID_FOR = timedelta(hours=4)
_REQUESTS = (Purpose.PAYMENT_REQUEST, Purpose.REPLY_OFFER, Purpose.REPLACED)


@dataclass(frozen=True)
class _Envelope:
    """To whom a message goes, about which link, and until when it makes sense to send it."""

    phone: Phone
    channel: Channel
    until: datetime
    link: Link | None = None


def queue(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, link: Link, *, offer: Offer | None = None
) -> str | None:
    """Insert a message about a link and return its id; None where the customer has stopped the channel."""
    if _is_stopped(work, core, merchant, purpose, link.phone, link.channel):
        return None
    content = compose(core, merchant, purpose, link, token=links.token_of(work, link), offer=offer)
    until = link.expires_at if purpose in _REQUESTS else core.now() + _VALID_FOR
    return _added(work, core, merchant, purpose, content, _Envelope(link.phone, link.channel, until, link))


def answer(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, content: Content, *, to: Phone, channel: Channel
) -> str | None:
    """Insert an answer to what a customer wrote, about no link; None after a STOP."""
    if _is_stopped(work, core, merchant, purpose, to, channel):
        return None
    return _added(work, core, merchant, purpose, content, _Envelope(to, channel, core.now() + _VALID_FOR))


def _is_stopped(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, phone: Phone, channel: Channel
) -> bool:
    key = phone_key.of(core, merchant.merchant_id, phone)
    return purpose not in ANSWERS_TO_STOP and opt_outs.is_stopped(work, merchant.merchant_id, key, channel)


def _added(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, content: Content, envelope: _Envelope
) -> str:
    now = core.now()
    message = Message(
        message_id=f"mes_{token_urlsafe(12)}",
        merchant_id=merchant.merchant_id,
        direction="out",
        channel=envelope.channel,
        phone=envelope.phone,
        phone_key=phone_key.of(core, merchant.merchant_id, envelope.phone),
        purpose=purpose.value,
        reference=envelope.link.reference if envelope.link else None,
        content=content,
        parts=parts_of(content.text, envelope.channel),
        status=MessageStatus.QUEUED,
        created_at=now,
        valid_until=envelope.until,
    )
    messages.add(work, message, due_at=now)
    return message.message_id
