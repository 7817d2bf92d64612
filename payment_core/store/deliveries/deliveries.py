"""Callback deliveries: insert, claim, conclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from secrets import token_hex
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, delete, exists, insert, select, update

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import NotificationKind
from payment_core.store.schema.tables import applications, deliveries, delivery_attempts

_ADD, _ADD_ATTEMPT = Prepared(insert(deliveries)), Prepared(insert(delivery_attempts))
_MINE = deliveries.c.delivery_id == bindparam("of_delivery")
_LEASE = Prepared(update(deliveries).where(_MINE))
_CHANGE_HELD = Prepared(update(deliveries).where(_MINE, deliveries.c.lease == bindparam("of_lease")))
_WITH_DUE = Prepared(
    select(applications.c.application_id).where(
        exists().where(
            deliveries.c.application_id == applications.c.application_id,
            deliveries.c.due_at <= bindparam("of_now"),
        )
    )
)
# So many attempts of one delivery are stored, from its first and from its latest.
_FIRST_KEPT, _LATEST_KEPT = 5, 20


@dataclass(frozen=True)
class NewDelivery:
    """A notification to be delivered. ``body`` is the JSON as it is sent."""

    merchant_id: str
    application_id: str
    lane: str
    reference: str | None
    kind: NotificationKind
    event: str
    body: bytes
    # Of the number that the news is about, where it is about no link.
    phone_key: bytes | None = None


@dataclass(frozen=True)
class Delivery:
    """A delivery as it is stored."""

    delivery_id: int
    merchant_id: str
    application_id: str
    lane: str
    reference: str | None
    kind: NotificationKind
    event: str
    message_id: str
    body: bytes
    attempts: int
    queued_at: datetime


@dataclass(frozen=True)
class Answer:
    """What came back from one attempt: a status, or the kind of error in its place."""

    status: int | None
    answer: str | None
    error: str | None
    milliseconds: int


def add(work: UnitOfWork, new: NewDelivery, *, now: datetime) -> None:
    """Insert a delivery that is due at once."""
    values = {
        "merchant_id": new.merchant_id,
        "application_id": new.application_id,
        "lane": new.lane,
        "reference": new.reference,
        "kind": new.kind.value,
        "event": new.event,
        "phone_key": bytes(new.phone_key) if new.phone_key is not None else None,
        # The same at every attempt: by it receivers recognise a repetition.
        "message_id": f"msg_{token_hex(12)}",
        # As it is sent, byte for byte: every attempt carries the same text, whatever happened to the link since.
        "body": work.vault.seal_body(new.merchant_id, new.body),
        "state": "pending",
        "attempts": 0,
        "replays": 0,
        "created_at": now,
        "queued_at": now,
        "due_at": now,
    }
    _ADD.run(work.connection, values)


@dataclass(frozen=True)
class Claim:
    """A claim to one application's due deliveries, at most ``most``, until a time: those due longest, or those tried least."""

    application_id: str
    now: datetime
    until: datetime
    lease: str
    most: int
    tried_least_first: bool = False


def applications_with_due(work: UnitOfWork, *, now: datetime) -> list[str]:
    """Return the ids of the applications to which something is due."""
    return [row.application_id for row in _WITH_DUE.every(work.connection, of_now=now)]


def claim_due(work: UnitOfWork, claim: Claim, *, besides: Sequence[int] = ()) -> list[Delivery]:
    """Lease due deliveries, at most the first unfinished one of each lane, so that each lane keeps its order.

    ``besides`` are the ids of those that this process is delivering: a clock that jumps must not free them.
    """
    busy = {f"busy_{place}": one for place, one in enumerate(besides)}
    due = _due_besides(len(busy), tried_least_first=claim.tried_least_first)
    rows = due.every(work.connection, of_application=claim.application_id, of_now=claim.now, most=claim.most, **busy)
    leased = {"lease": claim.lease, "lease_until": claim.until}
    if rows:
        _LEASE.run_each(work.connection, [{**leased, "of_delivery": row.delivery_id} for row in rows])
    return [delivery_of(row, work) for row in rows]


@cache
def _due_besides(busy: int, *, tried_least_first: bool) -> Prepared:
    """Return the query of what is due and may begin, besides so many deliveries."""
    earlier = deliveries.alias("earlier")
    # "Due" and not "leased" is what blocks a lane: one that waits for its next attempt holds back those behind it.
    first = ~exists().where(
        earlier.c.lane == deliveries.c.lane,
        earlier.c.delivery_id < deliveries.c.delivery_id,
        earlier.c.due_at.is_not(None),
    )
    now: BindParameter[datetime] = bindparam("of_now")
    free = (deliveries.c.lease_until.is_(None)) | (deliveries.c.lease_until <= now)
    theirs = deliveries.c.application_id == bindparam("of_application")
    query = select(deliveries).where(theirs, deliveries.c.due_at <= now, free, first)
    if busy:
        query = query.where(deliveries.c.delivery_id.not_in([bindparam(f"busy_{place}") for place in range(busy)]))
    order = (deliveries.c.due_at, deliveries.c.delivery_id)
    query = query.order_by(*((deliveries.c.attempts, *order) if tried_least_first else order)).limit(bindparam("most"))
    # Skipped and not waited for: another worker is claiming those this very moment.
    return Prepared(query.with_for_update(skip_locked=True, of=deliveries))


def renew(work: UnitOfWork, delivery_id: int, *, lease: str, until: datetime) -> None:
    """Prolong a lease that is still held."""
    mine = (deliveries.c.delivery_id == delivery_id) & (deliveries.c.lease == lease)
    work.connection.execute(update(deliveries).where(mine).values(lease_until=until))


def conclude(
    work: UnitOfWork,
    delivery: Delivery,
    answer: Answer,
    *,
    lease: str,
    state: str,
    due_at: datetime | None,
    now: datetime,
) -> bool:
    """Write one attempt and what follows from it; False where another worker has taken the delivery over."""
    mine = {"of_delivery": delivery.delivery_id, "of_lease": lease}
    number = delivery.attempts + 1
    values: dict[str, Any] = {"state": state, "due_at": due_at, "attempts": number, "lease": None, "lease_until": None}
    if not _CHANGE_HELD.run(work.connection, {**values, **mine}):
        return False
    _ADD_ATTEMPT.run(
        work.connection, {"delivery_id": delivery.delivery_id, "number": number, "at": now, **vars(answer)}
    )
    _forget_attempt(work, delivery.delivery_id, number - _LATEST_KEPT)
    if due_at is not None:
        _postpone_lane(work, delivery, due_at)
    return True


def release(work: UnitOfWork, ids: Sequence[int], *, lease: str) -> None:
    """End leases of this claim without an attempt."""
    mine = deliveries.c.delivery_id.in_(list(ids)) & (deliveries.c.lease == lease)
    work.connection.execute(update(deliveries).where(mine).values(lease=None, lease_until=None))


def _forget_attempt(work: UnitOfWork, delivery_id: int, number: int) -> None:
    """Delete an attempt between the first and the latest: three days of them say nothing more."""
    if number > _FIRST_KEPT:
        mine = (delivery_attempts.c.delivery_id == delivery_id) & (delivery_attempts.c.number == number)
        work.connection.execute(delete(delivery_attempts).where(mine))


def _postpone_lane(work: UnitOfWork, delivery: Delivery, due_at: datetime) -> None:
    """Let a lane wait with its first: what cannot go out must not be looked through at every claim."""
    later = (deliveries.c.lane == delivery.lane) & (deliveries.c.delivery_id > delivery.delivery_id)
    sooner = deliveries.c.due_at < due_at
    work.connection.execute(update(deliveries).where(later, sooner).values(due_at=due_at))


def delivery_of(row: Row[Any], work: UnitOfWork) -> Delivery:
    """Return the delivery of a row."""
    return Delivery(
        delivery_id=row.delivery_id,
        merchant_id=row.merchant_id,
        application_id=row.application_id,
        lane=row.lane,
        reference=row.reference,
        kind=NotificationKind(row.kind),
        event=row.event,
        message_id=row.message_id,
        body=work.vault.open(row.merchant_id, bytes(row.body)),
        attempts=row.attempts,
        queued_at=row.queued_at,
    )
