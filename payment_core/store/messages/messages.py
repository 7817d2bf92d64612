"""Messages out and in: insert, claim, conclude, find."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from foundation.database.lease import Lease
from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from foundation.phones.phone import Phone
from payment_core.domain.enums import Channel, MessageStatus
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import messages

# Written as the partial index has it.
_DUE = text("messages.due_at IS NOT NULL")
_MINE = messages.c.message_id == bindparam("of_message")
_ADD, _CHANGE = Prepared(insert(messages)), Prepared(update(messages).where(_MINE))
_BY_PROVIDER = Prepared(
    select(messages).where(
        messages.c.merchant_id == bindparam("of_merchant"), messages.c.provider_id == bindparam("of_provider")
    )
)
_FREE = (messages.c.lease_until.is_(None)) | (messages.c.lease_until <= bindparam("of_now"))
_CLAIM = Prepared(update(messages).where(_MINE, _DUE, _FREE).values(attempts=messages.c.attempts + 1))
_DUE_IDS = Prepared(
    select(messages.c.message_id)
    .where(messages.c.due_at <= bindparam("of_now"), _FREE)
    .order_by(messages.c.due_at)
    .limit(bindparam("most"))
)
_POLL = Prepared(update(messages).where(_MINE, messages.c.fate_due_at <= bindparam("of_now")))
_FIND, _LOCK = Prepared(select(messages).where(_MINE)), Prepared(select(messages).where(_MINE).with_for_update())
# By who has its lease and it is still as it was.
_CHANGE_HELD = Prepared(
    update(messages).where(
        _MINE, messages.c.lease == bindparam("of_lease"), messages.c.status == bindparam("of_status")
    )
)
# The fields of a message that are stored as they are.
_PLAIN = (
    *("message_id", "merchant_id", "direction", "phone_key", "purpose", "reference", "parts", "failure", "reason"),
    *("provider_id", "created_at", "valid_until", "attempts"),
)


@dataclass(frozen=True)
class Content:
    """What a message says. Buttons are (payload, title) pairs."""

    text: str
    link_url: str | None = None
    template: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()
    free: bool = False
    # What a typed reply names this link by, where a reply was offered.
    code: str | None = None


@dataclass(frozen=True)
class Message:
    """A message as it is stored."""

    message_id: str
    merchant_id: str
    direction: str
    channel: Channel
    phone: Phone
    phone_key: bytes
    purpose: str
    reference: str | None
    content: Content
    parts: int
    status: MessageStatus
    created_at: datetime
    failure: str | None = None
    reason: str | None = None
    provider_id: str | None = None
    valid_until: datetime | None = None
    attempts: int = 0


def add(work: UnitOfWork, message: Message, *, due_at: datetime | None, lease: Lease | None = None) -> None:
    """Insert a message; one that goes out is due at ``due_at``, and leased from its beginning where its maker sends it."""
    values = {name: getattr(message, name) for name in _PLAIN}
    values |= {
        "channel": message.channel.value,
        "phone_key": bytes(message.phone_key),
        "phone": work.vault.seal_body(message.merchant_id, message.phone.digits.encode()),
        "content": work.vault.seal_body(message.merchant_id, _written(message.content)),
        "status": message.status.value,
        "changed_at": message.created_at,
        "due_at": due_at,
        "lease": lease.lease_id if lease else None,
        "lease_until": lease.until if lease else None,
    }
    _ADD.run(work.connection, values)


def add_once(work: UnitOfWork, message: Message, *, due_at: datetime | None) -> bool:
    """Insert a message whose id says what caused it; False where another worker inserted it meanwhile."""
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            add(work, message, due_at=due_at)
    except IntegrityError:
        return False
    return True


def find(work: UnitOfWork, message_id: str) -> Message | None:
    """Return a message as it is now."""
    return _read(work, _FIND, of_message=message_id)


def lock(work: UnitOfWork, message_id: str) -> Message | None:
    """Return a message, its row locked until this transaction ends."""
    return _read(work, _LOCK, of_message=message_id)


def by_provider(work: UnitOfWork, merchant_id: str, provider_id: str) -> Message | None:
    """Return the message with this id of a provider."""
    return _read(work, _BY_PROVIDER, of_merchant=merchant_id, of_provider=provider_id)


def claim(work: UnitOfWork, message_id: str, *, now: datetime, until: datetime, lease: str) -> Message | None:
    """Lease one message that is due; None where it was sent, or another worker has it."""
    values = {"lease": lease, "lease_until": until, "of_message": message_id, "of_now": now}
    return find(work, message_id) if _CLAIM.run(work.connection, values) else None


def begin_to_send(work: UnitOfWork, message_id: str, *, now: datetime, lease: str) -> bool:
    """Mark a queued message as perhaps sent, before it is; False where its lease went to another worker meanwhile."""
    # The lease is the fence: whoever took the message over meanwhile sends it.
    mine = {"of_message": message_id, "of_lease": lease, "of_status": MessageStatus.QUEUED.value}
    # UNKNOWN is the truth from here on: a crash in the call leaves the row as it should be.
    values = {"status": MessageStatus.UNKNOWN.value, "changed_at": now}
    return bool(_CHANGE_HELD.run(work.connection, {**values, **mine}))


def due(work: UnitOfWork, *, now: datetime, most: int) -> list[str]:
    """Return the ids of due messages without a lease, the longest due first."""
    return [row.message_id for row in _DUE_IDS.every(work.connection, of_now=now, most=most)]


def without_end(work: UnitOfWork, *, now: datetime, most: int) -> list[Message]:
    """Return messages about which their provider is to be asked, the longest due first."""
    due = messages.c.fate_due_at <= now
    rows = work.connection.execute(select(messages).where(due).order_by(messages.c.fate_due_at).limit(most))
    return [message_of(row, work) for row in rows]


def claim_status_poll(work: UnitOfWork, message: Message, *, now: datetime, next_at: datetime | None) -> bool:
    """Write when a provider is asked about a message next; False where another worker asks now, or it has its end."""
    values = {"fate_due_at": next_at, "of_message": message.message_id, "of_now": now}
    return bool(_POLL.run(work.connection, values))


def change(work: UnitOfWork, message_id: str, *, now: datetime, **values: Any) -> None:
    """Write columns of a message; ``status`` is the enum."""
    if "status" in values:
        values["status"] = MessageStatus(values["status"]).value
    _CHANGE.run(work.connection, {**values, "changed_at": now, "of_message": message_id})


def conclude_begun(work: UnitOfWork, message_id: str, *, lease: str, now: datetime, **values: Any) -> bool:
    """Write what became of a message that ``begin_to_send`` marked; False, and nothing is written, where news of it came."""
    mine = {"of_message": message_id, "of_lease": lease, "of_status": MessageStatus.UNKNOWN.value}
    values["status"] = MessageStatus(values["status"]).value
    ended = {"changed_at": now, "due_at": None}
    return bool(_CHANGE_HELD.run(work.connection, {**values, **ended, **mine}))


def last_from_customer(work: UnitOfWork, merchant_id: str, phone_key: bytes, channel: Channel) -> datetime | None:
    """Return when a customer last wrote on a channel: free text is allowed for 24 hours from then."""
    query = select(func.max(messages.c.created_at)).where(
        messages.c.merchant_id == merchant_id,
        same(messages.c.phone_key, phone_key),
        messages.c.channel == channel.value,
        messages.c.direction == "in",
    )
    return work.connection.execute(query).scalar()


def request_of(work: UnitOfWork, reference: str) -> Message | None:
    """Return the message that brought a link to its customer."""
    # The first one that went out: later ones about the same link are receipts and reminders.
    query = select(messages).where(messages.c.reference == reference, messages.c.direction == "out")
    row = work.connection.execute(query.order_by(messages.c.created_at).limit(1)).one_or_none()
    return message_of(row, work) if row else None


def is_between(work: UnitOfWork, offer: Message, reply: Message, phone_key: bytes) -> bool:
    """Return whether anything else was written on the number's channel since an offer, in either direction."""
    between = exists().where(
        messages.c.merchant_id == offer.merchant_id,
        same(messages.c.phone_key, phone_key),
        messages.c.channel == offer.channel.value,
        messages.c.created_at >= offer.created_at,
        messages.c.message_id.not_in((offer.message_id, reply.message_id)),
    )
    return bool(work.connection.execute(select(between)).scalar())


def was_answered(work: UnitOfWork, phone_key: bytes, merchant_id: str, purpose: str, *, since: datetime) -> bool:
    """Return whether a number got a message of a purpose since a time."""
    answered = exists().where(
        messages.c.merchant_id == merchant_id,
        same(messages.c.phone_key, phone_key),
        messages.c.created_at >= since,
        messages.c.purpose == purpose,
    )
    return bool(work.connection.execute(select(answered)).scalar())


def message_of(row: Row[Any], work: UnitOfWork) -> Message:
    """Return the message of a row."""
    stored = json.loads(work.vault.open(row.merchant_id, bytes(row.content)))
    return Message(
        message_id=row.message_id,
        merchant_id=row.merchant_id,
        direction=row.direction,
        channel=Channel(row.channel),
        phone=work.vault.phone(row.merchant_id, bytes(row.phone)),
        phone_key=bytes(row.phone_key),
        purpose=row.purpose,
        reference=row.reference,
        content=Content(**{**stored, "buttons": tuple((one[0], one[1]) for one in stored["buttons"])}),
        parts=row.parts,
        status=MessageStatus(row.status),
        created_at=row.created_at,
        failure=row.failure,
        reason=row.reason,
        provider_id=row.provider_id,
        valid_until=row.valid_until,
        attempts=row.attempts,
    )


def _written(content: Content) -> bytes:
    return json.dumps(
        {
            "text": content.text,
            "link_url": content.link_url,
            "template": content.template,
            "variables": dict(content.variables),
            "buttons": [list(one) for one in content.buttons],
            "free": content.free,
            "code": content.code,
        }
    ).encode()


def _read(work: UnitOfWork, statement: Prepared, **values: Any) -> Message | None:
    row = statement.one(work.connection, **values)
    return message_of(row, work) if row else None


# The content of a message that was forgotten.
EMPTY = _written(Content(""))
