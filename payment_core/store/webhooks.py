"""What providers sent: insert once, claim, conclude."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import webhooks

# Written as the partial index has it.
_DUE = text("webhooks.due_at IS NOT NULL")


@dataclass(frozen=True)
class Webhook:
    """One verified notification of a provider, in our own words."""

    webhook_id: int
    merchant_id: str
    provider: str
    event_id: str
    content: Mapping[str, Any]
    received_at: datetime
    attempts: int


def add(
    work: UnitOfWork,
    merchant_id: str,
    provider: str,
    event_id: str,
    content: Mapping[str, Any],
    *,
    now: datetime,
    due_at: datetime,
) -> int | None:
    """Insert a notification and return its id; None for one that is there already."""
    values = {
        "merchant_id": merchant_id,
        "provider": provider,
        "event_id": event_id,
        # A reply is a person's own words, with a number.
        "body": work.vault.seal_body(merchant_id, json.dumps(content).encode()),
        "received_at": now,
        "due_at": due_at,
        "attempts": 0,
    }
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            done = work.connection.execute(insert(webhooks).values(values))
    except IntegrityError:
        return None
    made = done.inserted_primary_key
    return int(made[0]) if made is not None else None


def claim(work: UnitOfWork, webhook_id: int, *, now: datetime, until: datetime, lease: str) -> Webhook | None:
    """Lease one notification; None where it is concluded, or another worker has it."""
    free = (webhooks.c.lease_until.is_(None)) | (webhooks.c.lease_until <= now)
    mine = (webhooks.c.webhook_id == webhook_id, _DUE, free)
    values = {"lease": lease, "lease_until": until, "attempts": webhooks.c.attempts + 1}
    if not work.connection.execute(update(webhooks).where(*mine).values(values)).rowcount:
        return None
    row = work.connection.execute(select(webhooks).where(webhooks.c.webhook_id == webhook_id)).one()
    return _webhook(row, work)


def due(work: UnitOfWork, *, now: datetime, most: int) -> list[int]:
    """Return the ids of notifications that are due and that nobody reads, the longest due first."""
    free = (webhooks.c.lease_until.is_(None)) | (webhooks.c.lease_until <= now)
    query = select(webhooks.c.webhook_id).where(_DUE, webhooks.c.due_at <= now, free).order_by(webhooks.c.due_at)
    return list(work.connection.execute(query.limit(most)).scalars())


def conclude(work: UnitOfWork, webhook: Webhook, verdict: str, *, lease: str, due_at: datetime | None) -> None:
    """Write what became of a notification; it is read again at ``due_at``, or never."""
    # A worker that slept longer than its lease must not undo what its successor found.
    mine = (webhooks.c.webhook_id == webhook.webhook_id) & (webhooks.c.lease == lease)
    values = {"verdict": verdict, "due_at": due_at, "lease": None, "lease_until": None}
    work.connection.execute(update(webhooks).where(mine).values(values))


def _webhook(row: Row[Any], work: UnitOfWork) -> Webhook:
    return Webhook(
        webhook_id=row.webhook_id,
        merchant_id=row.merchant_id,
        provider=row.provider,
        event_id=row.event_id,
        content=json.loads(work.vault.open(row.merchant_id, bytes(row.body))),
        received_at=row.received_at,
        attempts=row.attempts,
    )
