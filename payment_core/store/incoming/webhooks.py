"""What providers sent: insert each event once, claim, conclude."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, text, update

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into
from foundation.encryption.vault import Vault
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


@dataclass(frozen=True)
class StoredWebhook:
    """A verified notification as it is stored: ``body`` is sealed. Workers leave it alone until ``due_at``."""

    merchant_id: str
    provider: str
    event_id: str
    body: bytes = field(repr=False)
    received_at: datetime
    due_at: datetime
    # The sender's, if a person wrote: their words are erased by it.
    phone_key: bytes | None = field(default=None, repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What no two rows have in common."""
        return (self.merchant_id, self.provider, self.event_id)


def seal(vault: Vault, merchant_id: str, content: Mapping[str, Any]) -> bytes:
    """Return the content of a notification as it is stored."""
    # A reply is a person's own words, with a number.
    return vault.seal_body(merchant_id, json.dumps(content).encode())


def add_each_once(connection: Connection, arrivals: Sequence[StoredWebhook]) -> list[bool]:
    """Insert notifications of many callers; return of each whether it is new: the first of its event."""
    if connection.dialect.name == "sqlite":
        # One by one: with ``RETURNING`` a row takes twice as long, and nobody else can write meanwhile.
        return [_insert_one().run(connection, _row(one)) == 1 for one in arrivals]
    # Sorted by key, because two batches that meet in different orders deadlock.
    first = dict(sorted({one.key: one for one in reversed(arrivals)}.items()))
    new = {tuple(row) for row in connection.execute(_insert_many(), [_row(one) for one in first.values()])}
    return [first[one.key] is one and one.key in new for one in arrivals]


def _row(arrival: StoredWebhook) -> dict[str, Any]:
    return {**vars(arrival), "attempts": 0}


_MINE = webhooks.c.webhook_id == bindparam("of_webhook")
_FREE = (webhooks.c.lease_until.is_(None)) | (webhooks.c.lease_until <= bindparam("of_now"))
_FIND = Prepared(select(webhooks).where(_MINE))
_CLAIM = Prepared(update(webhooks).where(_MINE, _DUE, _FREE).values(attempts=webhooks.c.attempts + 1))
_CONCLUDE = Prepared(update(webhooks).where(_MINE, webhooks.c.lease == bindparam("of_lease")))
_DUE_IDS = Prepared(
    select(webhooks.c.webhook_id)
    .where(webhooks.c.due_at <= bindparam("of_now"), _FREE)
    .order_by(webhooks.c.due_at)
    .limit(bindparam("most"))
)
_KEY = (webhooks.c.merchant_id, webhooks.c.provider, webhooks.c.event_id)


@cache
def _insert_one() -> Prepared:
    return Prepared(insert_into("sqlite", webhooks).on_conflict_do_nothing())


@cache
def _insert_many() -> Any:
    return insert_into("postgresql", webhooks).on_conflict_do_nothing().returning(*_KEY)


def id_of(work: UnitOfWork, merchant_id: str, provider: str, event_id: str) -> int:
    """Return the id of a stored notification."""
    mine = (_KEY[0] == merchant_id, _KEY[1] == provider, _KEY[2] == event_id)
    return int(work.connection.execute(select(webhooks.c.webhook_id).where(*mine)).scalar_one())


def claim(work: UnitOfWork, webhook_id: int, *, now: datetime, until: datetime, lease: str) -> Webhook | None:
    """Lease one notification; None where it is concluded, or another worker has it."""
    values = {"lease": lease, "lease_until": until, "of_webhook": webhook_id, "of_now": now}
    if not _CLAIM.run(work.connection, values):
        return None
    return _webhook(_FIND.one(work.connection, of_webhook=webhook_id), work)


def due(work: UnitOfWork, *, now: datetime, most: int) -> list[int]:
    """Return the ids of due notifications without a lease, the longest due first."""
    return [row.webhook_id for row in _DUE_IDS.every(work.connection, of_now=now, most=most)]


def conclude(work: UnitOfWork, webhook: Webhook, verdict: str, *, lease: str, due_at: datetime | None) -> None:
    """Write what became of a notification; it is read again at ``due_at``, or never."""
    # A worker that slept longer than its lease must not undo what its successor found.
    mine = {"of_webhook": webhook.webhook_id, "of_lease": lease}
    values = {"verdict": verdict, "due_at": due_at, "lease": None, "lease_until": None}
    _CONCLUDE.run(work.connection, {**values, **mine})


def of_unknown(work: UnitOfWork, merchant_id: str, provider: str, *, since: datetime) -> list[Webhook]:
    """Return what a provider reported since a time of payments with our marks that this database lacks, the oldest first."""
    mine = (webhooks.c.merchant_id == merchant_id, webhooks.c.provider == provider, webhooks.c.verdict == "unknown")
    query = select(webhooks).where(*mine, webhooks.c.received_at >= since).order_by(webhooks.c.webhook_id)
    return [_webhook(row, work) for row in work.connection.execute(query)]


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
