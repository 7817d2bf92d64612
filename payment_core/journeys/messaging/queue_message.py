"""Queue a message to a customer inside the transaction of the change that it is about."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.merchant import Merchant
from payment_core.domain.message_parts import parts_of
from payment_core.journeys.messaging.compose import NOTHING_MORE, Details, Offer, compose
from payment_core.journeys.messaging.purposes import ALWAYS_SENT, ANSWERS_TO_STOP, REQUESTS, Purpose
from payment_core.journeys.messaging.send_limits import NumberLimits, limits_for
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.links import links
from payment_core.store.messages import messages, opt_outs
from payment_core.store.messages.messages import Content, Message

# Messages without a link of their own, such as receipts: a provider gives up after this long.
# Longer, and a receipt could come the next morning and look like another payment.
_VALID_FOR = timedelta(hours=4)


@dataclass(frozen=True)
class Addressee:
    """A number and the channel on which it is written to."""

    phone: Phone
    channel: Channel


@dataclass(frozen=True)
class _Envelope:
    """To whom a message goes, about which link, until when it makes sense to send it, and an id that is used once.

    ``key`` is the number's digest and ``limits`` hold for it, where they are known; ``lease`` is that of who sends it at once.
    """

    to: Addressee
    until: datetime
    link: Link | None = None
    message_id: str | None = None
    key: bytes | None = None
    limits: NumberLimits | None = None
    lease: Lease | None = None


def id_of(cause: str, purpose: Purpose) -> str:
    """Return the id of the message that answers a cause: the same answer, written again after a crash, is not sent twice."""
    digest = sha256(f"{cause}\0{purpose.value}".encode()).digest()
    return f"mes_{urlsafe_b64encode(digest[:15]).decode()}"


def queue(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, link: Link, *, details: Details = NOTHING_MORE
) -> str | None:
    """Insert a message about a link that is known, and return its id; None where the customer has stopped the channel."""
    to = Addressee(link.phone, link.channel)
    if _is_stopped(work, core, merchant, purpose, to):
        return None
    content = compose(core, merchant, purpose, link, token=links.token_of(work, link), details=details)
    envelope = _Envelope(to, core.now() + _VALID_FOR, link, details.message_id)
    return _add(work, core, merchant, purpose, content, envelope).message_id


@dataclass(frozen=True)
class NewLink:
    """A link that is made in this transaction: its address's secret, its number's digest and limits, who sends its message."""

    link: Link
    token: str
    phone_key: bytes
    limits: NumberLimits
    lease: Lease


def queue_request(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, new: NewLink, *, offer: Offer | None
) -> Message:
    """Insert the message that brings a new link, leased to its maker and marked as perhaps sent: he sends it next.

    The caller has examined stops and limits.
    """
    link = new.link
    content = compose(core, merchant, purpose, link, token=new.token, details=Details(offer=offer))
    envelope = _Envelope(
        Addressee(link.phone, link.channel),
        # A request that arrives after its link's end would only annoy.
        link.expires_at,
        link,
        key=new.phone_key,
        limits=new.limits,
        lease=new.lease,
    )
    return _add(work, core, merchant, purpose, content, envelope)


def answer(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, content: Content, *, to: Addressee, cause: str
) -> str | None:
    """Insert an answer to what a customer wrote, once for each cause, about no link; None after a STOP."""
    if _is_stopped(work, core, merchant, purpose, to):
        return None
    envelope = _Envelope(to, core.now() + _VALID_FOR, message_id=id_of(cause, purpose))
    return _add(work, core, merchant, purpose, content, envelope).message_id


def is_stopped(work: UnitOfWork, core: Core, merchant: Merchant, to: Addressee) -> bool:
    """Return whether a number has stopped a channel."""
    # By merchant: a STOP to one shop is no STOP to another.
    key = phone_key.of(core, merchant.merchant_id, to.phone)
    return opt_outs.is_stopped(work, merchant.merchant_id, key, to.channel)


def _is_stopped(work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, to: Addressee) -> bool:
    return purpose not in ANSWERS_TO_STOP and is_stopped(work, core, merchant, to)


def _add(
    work: UnitOfWork, core: Core, merchant: Merchant, purpose: Purpose, content: Content, envelope: _Envelope
) -> Message:
    now, to = core.now(), envelope.to
    known = messages.find(work, envelope.message_id) if envelope.message_id is not None else None
    if known is not None:
        return known
    # A request was examined before its link was made, so that its caller could be refused.
    is_examined = purpose in ALWAYS_SENT or purpose in REQUESTS
    key = envelope.key or phone_key.of(core, merchant.merchant_id, to.phone)
    limits = envelope.limits or limits_for(core, merchant, to.phone, key=key)
    failure = None if is_examined else limits.refusal(work)
    message = Message(
        message_id=envelope.message_id or f"mes_{token_urlsafe(12)}",
        merchant_id=merchant.merchant_id,
        direction="out",
        channel=to.channel,
        phone=to.phone,
        phone_key=key,
        purpose=purpose.value,
        reference=envelope.link.reference if envelope.link else None,
        content=content,
        parts=parts_of(content.text, to.channel),
        status=_first_status(envelope, failure),
        failure=failure,
        created_at=now,
        valid_until=envelope.until,
        attempts=1 if envelope.lease else 0,
    )
    # Written also where it is held back, so that the portal shows what the customer did not get, and why.
    due_at = now if failure is None else None
    if envelope.message_id is None:
        messages.add(work, message, due_at=due_at, lease=envelope.lease)
    elif not messages.add_once(work, message, due_at=due_at):
        return message
    if failure is None:
        limits.count(work)
    return message


def _first_status(envelope: _Envelope, failure: str | None) -> MessageStatus:
    if failure is not None:
        return MessageStatus.FAILED
    # As ``messages.begin_to_send`` marks it: this transaction is the last one before the messenger is called.
    return MessageStatus.UNKNOWN if envelope.lease else MessageStatus.QUEUED
