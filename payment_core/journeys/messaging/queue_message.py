"""Queue a message to a customer inside the transaction of the change that it is about."""

from __future__ import annotations

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


def queue(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, link: Link, *, offer: Offer | None = None
) -> str | None:
    """Insert a message about a link and return its id; None where the customer has stopped the channel."""
    key = phone_key.of(core, merchant.merchant_id, link.phone)
    if purpose not in ANSWERS_TO_STOP and opt_outs.is_stopped(work, merchant.merchant_id, key, link.channel):
        return None
    content = compose(core, merchant, purpose, link, token=links.token_of(work, link), offer=offer)
    until = link.expires_at if purpose in _REQUESTS else core.now() + _VALID_FOR
    return _added(work, core, merchant, purpose, content, to=link.phone, channel=link.channel, link=link, until=until)


def answer(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, content: Content, *, to: Phone, channel: Channel
) -> str | None:
    """Insert an answer to what a customer wrote, about no link; None after a STOP."""
    key = phone_key.of(core, merchant.merchant_id, to)
    if purpose not in ANSWERS_TO_STOP and opt_outs.is_stopped(work, merchant.merchant_id, key, channel):
        return None
    until = core.now() + _VALID_FOR
    return _added(work, core, merchant, purpose, content, to=to, channel=channel, link=None, until=until)


def _added(
    work: UnitOfWork,
    core: Core,
    merchant: Merchant,
    purpose: Purpose,
    content: Content,
    *,
    to: Phone,
    channel: Channel,
    link: Link | None,
    until: datetime,
) -> str:
    now = core.now()
    message = Message(
        message_id=f"mes_{token_urlsafe(12)}",
        merchant_id=merchant.merchant_id,
        direction="out",
        channel=channel,
        phone=to,
        phone_key=phone_key.of(core, merchant.merchant_id, to),
        purpose=purpose.value,
        reference=link.reference if link else None,
        content=content,
        parts=parts_of(content.text, channel),
        status=MessageStatus.QUEUED,
        created_at=now,
        valid_until=until,
    )
    messages.add(work, message, due_at=now)
    return message.message_id
