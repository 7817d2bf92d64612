"""The other messages to a number, among which one of unknown status is looked for."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import MessageStatus
from payment_core.store.messages.messages import Message, message_of
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import messages

# A provider's list of a number's messages reaches back by days.
_LISTED_FOR = timedelta(days=3)


def provider_ids_to(work: UnitOfWork, message: Message, phone_key: bytes) -> frozenset[str]:
    """Return the provider's ids of the other messages to a message's number that were written about when it was."""
    query = select(messages.c.provider_id).where(
        messages.c.merchant_id == message.merchant_id,
        same(messages.c.phone_key, phone_key),
        messages.c.created_at >= message.created_at - _LISTED_FOR,
        messages.c.provider_id.is_not(None),
        messages.c.message_id != message.message_id,
    )
    return frozenset(work.connection.execute(query).scalars())


def other_unknown(work: UnitOfWork, message: Message, phone_key: bytes) -> list[Message]:
    """Return the other messages to a message's number of which it is not known whether they left."""
    query = select(messages).where(
        messages.c.merchant_id == message.merchant_id,
        same(messages.c.phone_key, phone_key),
        messages.c.created_at >= message.created_at - _LISTED_FOR,
        messages.c.status == MessageStatus.UNKNOWN.value,
        messages.c.message_id != message.message_id,
    )
    return [message_of(row, work) for row in work.connection.execute(query)]
