"""Opt-outs: which numbers said STOP on which channel, by keyed digests of the numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, or_, select

from connector.domain.payments.payment import Channel
from connector.store.schema.tables import payment_requests, stopped_numbers
from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into


def record(
    work: UnitOfWork,
    tenant_id: str,
    phone_digests: Sequence[bytes],
    channel: Channel,
    *,
    stopped: bool,
    said_at: datetime,
) -> bool:
    """Record a STOP or START for a channel; return False for one that is not newer than what is recorded.

    ``phone_digests``: all digests under which the number may be recorded; entries move to the first one.
    """
    digest, *others = phone_digests
    row = {"tenant_id": tenant_id, "phone_digest": digest, "channel": channel.value}
    noting = _noting(work.connection.dialect.name)
    if others:
        s = stopped_numbers.c
        theirs = (s.tenant_id == tenant_id) & s.phone_digest.in_(others) & (s.channel == channel.value)
        # After a change of the digest key a number may have an entry under each key: they become one.
        for known in work.connection.execute(
            delete(stopped_numbers).where(theirs).returning(s.stopped, s.said_at)
        ).all():
            work.connection.execute(noting, {**row, "stopped": known.stopped, "said_at": known.said_at})
    said = work.connection.execute(noting, {**row, "stopped": stopped, "said_at": said_at})
    return said.first() is not None


def channels_stopped(work: UnitOfWork, tenant_id: str, phone_digests: Sequence[bytes]) -> frozenset[Channel]:
    """Return the channels on which this number has opted out for a tenant; its newest message per channel decides."""
    digests = {f"digest_{place}": digest for place, digest in enumerate(phone_digests)}
    found = _saying(len(digests)).every(work.connection, of_tenant=tenant_id, **digests)
    newest = {row.channel: row.stopped for row in found}
    return frozenset(Channel(channel) for channel, stopped in newest.items() if stopped)


def live_requests_to(
    work: UnitOfWork, tenant_id: str, phone_digests: Sequence[bytes], channels: Collection[Channel]
) -> dict[str, str]:
    """Return the live requests to this number on any of these channels: reference -> order id."""
    p = payment_requests.c
    mine = (p.tenant_id == tenant_id) & p.phone_digest.in_(phone_digests) & p.live & p.channel.in_(sorted(channels))
    rows = work.connection.execute(select(p.reference, p.order_id).where(mine))
    return {row.reference: row.order_id for row in rows}


def requests_paid_by(
    work: UnitOfWork, tenant_id: str, phone_digests: Sequence[bytes], channels: Collection[Channel], *, since: datetime
) -> dict[str, str]:
    """Return the requests to this number on any of these channels that were made since then and paid: reference -> order id."""
    p = payment_requests.c
    mine = (p.tenant_id == tenant_id) & p.phone_digest.in_(phone_digests) & p.channel.in_(sorted(channels))
    paid = (p.created_at >= since) & p.paid_at.is_not(None)
    rows = work.connection.execute(select(p.reference, p.order_id).where(mine & paid))
    return {row.reference: row.order_id for row in rows}


@cache
def _saying(count: int) -> Prepared:
    """Return the query of what a number said, the newest last, for so many of its digests: every poll of a page asks it."""
    s = stopped_numbers.c
    digests: list[BindParameter[bytes]] = [bindparam(f"digest_{place}") for place in range(count)]
    mine = (s.tenant_id == bindparam("of_tenant")) & or_(*(s.phone_digest == digest for digest in digests))
    return Prepared(select(s.channel, s.stopped).where(mine).order_by(s.said_at, s.stopped))


@cache
def _noting(dialect: str) -> Any:
    put = insert_into(dialect, stopped_numbers)
    new, known = put.excluded, stopped_numbers.c
    # At equal times a STOP wins, whichever came first, so that any order of arrival ends the same.
    newer = or_(new.said_at > known.said_at, and_(new.said_at == known.said_at, new.stopped, ~known.stopped))
    return put.on_conflict_do_update(
        index_elements=[known.tenant_id, known.phone_digest, known.channel],
        set_={"stopped": new.stopped, "said_at": new.said_at},
        where=newer,
    ).returning(known.channel)
