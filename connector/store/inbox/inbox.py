"""The inbox of callback notifications: each one that was answered 200 is a row.

state ``new postponed done buried`` x verdict: done = ``applied`` or ``stale``; postponed = ``held`` or
``awaiting confirmation``; buried = ``anomaly``, ``orphan`` or ``unreadable``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, case, literal, or_, select

from connector.store.inbox import sqlite_insert
from connector.store.schema.tables import inbox
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into
from foundation.encryption.vault import Vault


class InboxState(StrEnum):
    """What remains to be done with an entry."""

    NEW = "new"
    POSTPONED = "postponed"
    DONE = "done"
    BURIED = "buried"


class Verdict(StrEnum):
    """What the drain has concluded about an entry."""

    APPLIED = "applied"
    STALE = "stale"
    HELD = "held"
    AWAITING_CONFIRMATION = "awaiting confirmation"
    ANOMALY = "anomaly"
    ORPHAN = "orphan"
    UNREADABLE = "unreadable"


STATE_OF = {
    Verdict.APPLIED: InboxState.DONE,
    Verdict.STALE: InboxState.DONE,
    Verdict.HELD: InboxState.POSTPONED,
    Verdict.AWAITING_CONFIRMATION: InboxState.POSTPONED,
    Verdict.ANOMALY: InboxState.BURIED,
    Verdict.ORPHAN: InboxState.BURIED,
    Verdict.UNREADABLE: InboxState.BURIED,
}


class Recorded(StrEnum):
    """Whether a recorded notification was new."""

    NEW = "new"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Arrival:
    """A callback notification as received, not parsed yet; ``proven``: it carried a valid proof."""

    tenant_id: str
    kind: str
    body: bytes = field(repr=False)
    received_at: datetime
    proven: bool = True

    @property
    def digest(self) -> bytes:
        """Return the key of the entry: the same body for the same tenant is a duplicate, at whichever address it arrives."""
        # Of the bytes and not of what they mean: parsing could fail, and must not prevent the 200.
        return hashlib.sha256(self.tenant_id.encode() + b"\x00" + self.body).digest()


@dataclass(frozen=True)
class InboxEntry:
    """A claimed entry with its body decrypted; None where no key does that. ``reason`` is that of its last disposition."""

    digest: bytes
    tenant_id: str
    kind: str
    body: bytes | None = field(repr=False)
    received_at: datetime
    attempts: int
    open_claims: int
    reason: str | None
    lease: str
    proven: bool = True

    @property
    def name(self) -> str:
        """Return the short form of the digest, for logs."""
        return self.digest.hex()[:12]


@dataclass(frozen=True)
class EntryReferences:
    """The link and the request that an entry turned out to be about."""

    link_reference: str | None = None
    reference: str | None = None


NOBODY = EntryReferences()
# The reason of an entry whose body, or whose tenant's secrets, no configured encryption key decrypts.
KEY_MISSING = "encryption_key_missing"
# The reason of an entry that reported a link's end which the core's record still denied after the deadline.
END_DENIED = "end_denied"


@dataclass(frozen=True)
class Disposition:
    """What becomes of an entry; ``due_at`` only for a postponed one, ``attempts`` only where their count is reset."""

    verdict: Verdict
    reason: str | None = None
    due_at: datetime | None = None
    names: EntryReferences = NOBODY
    attempts: int | None = None


@dataclass(frozen=True)
class EncryptedArrival:
    """An arrival that only needs to be stored: its digest computed, its body encrypted."""

    digest: bytes
    row: dict[str, Any] = field(repr=False)


def seal(arrival: Arrival, *, vault: Vault) -> EncryptedArrival:
    """Return an arrival ready to be stored; the costly part of recording, done without the writer's lock."""
    digest = arrival.digest
    row = {
        "digest": digest,
        "tenant_id": arrival.tenant_id,
        "kind": arrival.kind,
        "state": InboxState.NEW.value,
        "attempts": 0,
        "open_claims": 0,
        "duplicates": 0,
        "body": vault.seal_body(arrival.tenant_id, arrival.body),
        "received_at": arrival.received_at,
        "due_at": arrival.received_at,
        "proven": arrival.proven,
    }
    return EncryptedArrival(digest, row)


def record_sealed(connection: Connection, arrivals: Sequence[EncryptedArrival]) -> list[Recorded]:
    """Store notifications; a duplicate is counted on the first entry, and makes a postponed or orphaned one due.

    A duplicate within ``arrivals`` counts like any other.
    """
    rows: dict[bytes, dict[str, Any]] = {}
    first: list[bool] = []
    for arrival in arrivals:
        known = rows.get(arrival.digest)
        first.append(known is None)
        rows[arrival.digest] = _again(known, arrival.row) if known else arrival.row
    # Sorted by key, because on PostgreSQL two batches that meet in different orders deadlock.
    batch = [rows[digest] for digest in sorted(rows)]
    new = (_insert_new if connection.dialect.name == "sqlite" else _upsert_rows)(connection, batch)
    return [
        Recorded.NEW if is_first and arrival.digest in new else Recorded.DUPLICATE
        for arrival, is_first in zip(arrivals, first, strict=True)
    ]


def _again(known: dict[str, Any], repeat: dict[str, Any]) -> dict[str, Any]:
    """Return the first row of a duplicate with both counted; a proof on either makes it proven."""
    return {**known, "duplicates": known["duplicates"] + 1, "proven": known["proven"] or repeat["proven"]}


def _upsert_rows(connection: Connection, batch: Sequence[dict[str, Any]]) -> set[bytes]:
    """Insert rows or count them as duplicates, in one statement; return the digests that were inserted."""
    found = connection.execute(_upsert(connection.dialect.name), batch if len(batch) > 1 else batch[0])
    counted = {bytes(row.digest): row.duplicates for row in found}
    return {row["digest"] for row in batch if counted[row["digest"]] == row["duplicates"]}


def _insert_new(connection: Connection, batch: Sequence[dict[str, Any]]) -> set[bytes]:
    """As ``_upsert_rows``, for SQLite, where nobody else can write meanwhile: read first, then insert without returning."""
    known = sqlite_insert.existing_digests(connection, [row["digest"] for row in batch])
    repeats = [row for row in batch if row["digest"] in known]
    if repeats:
        _upsert_rows(connection, repeats)
    fresh = [row for row in batch if row["digest"] not in known]
    if fresh:
        sqlite_insert.add(connection, fresh)
    return {row["digest"] for row in fresh}


@cache
def _upsert(dialect: str) -> Any:
    """Return the statement, built once because building it costs forty times what executing it does."""
    statement = insert_into(dialect, inbox)
    orphan = (inbox.c.state == InboxState.BURIED.value) & (inbox.c.verdict == Verdict.ORPHAN.value)
    # A waiting or orphaned entry may find its request by now; a finished one is not tried again.
    again = orphan | ((inbox.c.state == InboxState.POSTPONED.value) & inbox.c.lease_until.is_(None))
    statement = statement.on_conflict_do_update(
        index_elements=[inbox.c.digest],
        set_={
            "duplicates": inbox.c.duplicates + 1 + statement.excluded.duplicates,
            # Not while it is leased: the drain that has it would then be overtaken by a second one.
            "due_at": case((again, statement.excluded.due_at), else_=inbox.c.due_at),
            "state": case((orphan, literal(InboxState.POSTPONED.value)), else_=inbox.c.state),
            "proven": or_(inbox.c.proven, statement.excluded.proven),
        },
    )
    return statement.returning(inbox.c.digest, inbox.c.duplicates)


def next_due(work: UnitOfWork) -> datetime | None:
    """Return when the next entry is due."""
    query = select(inbox.c.due_at).where(inbox.c.due_at.is_not(None)).order_by(inbox.c.due_at).limit(1)
    return work.connection.execute(query).scalar_one_or_none()
