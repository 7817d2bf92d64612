"""How often a message was written: about one link, or by one number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.messages.messages import Message
from payment_core.store.phone_key import same
from payment_core.store.schema.tables import messages


def times_of(work: UnitOfWork, reference: str, purpose: str) -> list[datetime]:
    """Return when messages of a purpose were written about a link, the oldest first."""
    of_link = (messages.c.reference == reference) & (messages.c.purpose == purpose)
    return list(
        work.connection.execute(select(messages.c.created_at).where(of_link).order_by(messages.c.created_at)).scalars()
    )


def count_until(work: UnitOfWork, reply: Message, phone_key: bytes, *, since: datetime) -> int:
    """Return how many messages came from a reply's number on its channel since a time, the reply itself included."""
    query = select(func.count()).where(
        messages.c.merchant_id == reply.merchant_id,
        same(messages.c.phone_key, phone_key),
        messages.c.channel == reply.channel.value,
        messages.c.direction == "in",
        messages.c.created_at >= since,
        # Not those after it: carried out again after a crash, it counts as it did before.
        messages.c.created_at <= reply.created_at,
    )
    return int(work.connection.execute(query).scalar_one())
