"""Who takes no messages on a channel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import Channel
from payment_core.store.phone_key import every, same
from payment_core.store.schema.tables import opt_outs

_STOPPED = Prepared(
    select(opt_outs.c.at).where(
        opt_outs.c.merchant_id == bindparam("of_merchant"),
        opt_outs.c.phone_key == bindparam("of_phone"),
        opt_outs.c.channel == bindparam("of_channel"),
    )
)


def is_stopped(work: UnitOfWork, merchant_id: str, phone_key: bytes, channel: Channel) -> bool:
    """Return whether a number has stopped a channel."""
    mine = {"of_merchant": merchant_id, "of_channel": channel.value}
    return any(_STOPPED.one(work.connection, of_phone=one, **mine) is not None for one in every(phone_key))


def stop(
    work: UnitOfWork, merchant_id: str, phone_key: bytes, channel: Channel, *, at: datetime, key_mark: str
) -> bool:
    """Stop a channel by what was said at a time; return whether it was open."""
    if is_stopped(work, merchant_id, phone_key, channel):
        # What opens it again has to be later than the last word that stops it.
        earlier = (*_mine(merchant_id, phone_key, channel), opt_outs.c.at < at)
        work.connection.execute(update(opt_outs).where(*earlier).values(at=at))
        return False
    # Only the digest: a STOP has to outlive the number's erasure.
    values = {
        "merchant_id": merchant_id,
        "phone_key": bytes(phone_key),
        "channel": channel.value,
        "at": at,
        "key_mark": key_mark,
    }
    try:
        with work.savepoint():
            work.connection.execute(insert(opt_outs).values(values))
    except IntegrityError:
        return False
    return True


def start(work: UnitOfWork, merchant_id: str, phone_key: bytes, channel: Channel, *, at: datetime) -> bool:
    """Open a channel again, unless it was stopped after ``at``; return whether it was stopped, and is open now."""
    stopped_before = (*_mine(merchant_id, phone_key, channel), opt_outs.c.at <= at)
    return bool(work.connection.execute(delete(opt_outs).where(*stopped_before)).rowcount)


def _mine(merchant_id: str, phone_key: bytes, channel: Channel) -> tuple[ColumnElement[bool], ...]:
    return (
        opt_outs.c.merchant_id == merchant_id,
        same(opt_outs.c.phone_key, phone_key),
        opt_outs.c.channel == channel.value,
    )
