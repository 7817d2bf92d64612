"""Knows the ledger of callback notifications: every one that was answered 200 is a row here; refuses to read them.

state ``new postponed done buried`` x verdict: done = ``applied`` or ``stale``; postponed = ``held`` or
``awaiting confirmation``; buried = ``anomaly``, ``orphan`` or ``unreadable``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, literal, select, update

from connector.store import adding
from connector.store.tables import inbox
from connector.store.upsert import insert_into
from connector.store.vault import Vault


class State(StrEnum):
    """What is to be done with an entry."""

    NEW = "new"
    POSTPONED = "postponed"
    DONE = "done"
    BURIED = "buried"


class Verdict(StrEnum):
    """What was found about an entry."""

    APPLIED = "applied"
    STALE = "stale"
    HELD = "held"
    AWAITING_CONFIRMATION = "awaiting confirmation"
    ANOMALY = "anomaly"
    ORPHAN = "orphan"
    UNREADABLE = "unreadable"


STATE_OF = {
    Verdict.APPLIED: State.DONE,
    Verdict.STALE: State.DONE,
    Verdict.HELD: State.POSTPONED,
    Verdict.AWAITING_CONFIRMATION: State.POSTPONED,
    Verdict.ANOMALY: State.BURIED,
    Verdict.ORPHAN: State.BURIED,
    Verdict.UNREADABLE: State.BURIED,
}


class Recorded(StrEnum):
    """What recording found."""

    NEW = "new"
    DUPLICATE = "duplicate"


@dataclass(frozen=True)
class Arrival:
    """A callback notification as it came in, proven but unread."""

    tenant_id: str
    kind: str
    body: bytes = field(repr=False)
    received_at: datetime

    @property
    def digest(self) -> bytes:
        """The same body for the same tenant is the same news, at whichever URL it arrives."""
        return hashlib.sha256(self.tenant_id.encode() + b"\x00" + self.body).digest()


@dataclass(frozen=True)
class InboxEntry:
    """A claimed entry, body opened."""

    digest: bytes
    tenant_id: str
    kind: str
    body: bytes = field(repr=False)
    received_at: datetime
    attempts: int
    open_claims: int
    lease: str

    @property
    def name(self) -> str:
        """The short form of the digest, for logs."""
        return self.digest.hex()[:12]


@dataclass(frozen=True)
class Names:
    """Whose link an entry turned out to speak of."""

    link_reference: str | None = None
    reference: str | None = None


NOBODY = Names()


@dataclass(frozen=True)
class Ruling:
    """What becomes of an entry; ``due_at`` only for a postponed one."""

    verdict: Verdict
    reason: str | None = None
    due_at: datetime | None = None
    names: Names = NOBODY


@dataclass(frozen=True)
class SealedArrival:
    """An arrival that needs no more work but storing: digest made, body encrypted."""

    digest: bytes
    row: dict[str, Any] = field(repr=False)


def seal(arrival: Arrival, *, vault: Vault) -> SealedArrival:
    """Do the costly part of recording, so that nobody holds the writer's lock meanwhile."""
    digest = arrival.digest
    row = {
        "digest": digest,
        "tenant_id": arrival.tenant_id,
        "kind": arrival.kind,
        "state": State.NEW.value,
        "attempts": 0,
        "open_claims": 0,
        "duplicates": 0,
        "body": vault.seal_body(arrival.tenant_id, arrival.body),
        "received_at": arrival.received_at,
        "due_at": arrival.received_at,
    }
    return SealedArrival(digest, row)


def record(connection: Connection, arrivals: Sequence[Arrival], *, vault: Vault) -> list[Recorded]:
    """Keep notifications; a repeat is counted on the first. A repeat of one that waits, or of an orphan, makes it due."""
    return record_sealed(connection, [seal(arrival, vault=vault) for arrival in arrivals])


def record_sealed(connection: Connection, arrivals: Sequence[SealedArrival]) -> list[Recorded]:
    """Do what ``record`` does; a repeat within ``arrivals`` is a repeat like any other."""
    rows: dict[bytes, dict[str, Any]] = {}
    first: list[bool] = []
    for arrival in arrivals:
        known = rows.get(arrival.digest)
        first.append(known is None)
        rows[arrival.digest] = {**known, "duplicates": known["duplicates"] + 1} if known else arrival.row
    # Sorted by key: on PostgreSQL two batches that meet in another order lock each other out.
    batch = [rows[digest] for digest in sorted(rows)]
    new = (_added_alone if connection.dialect.name == "sqlite" else _kept)(connection, batch)
    return [
        Recorded.NEW if is_first and arrival.digest in new else Recorded.DUPLICATE
        for arrival, is_first in zip(arrivals, first, strict=True)
    ]


def _kept(connection: Connection, batch: Sequence[dict[str, Any]]) -> set[bytes]:
    """Add rows or count them on those that are there, in one statement; return the digests that were added."""
    found = connection.execute(_upsert(connection.dialect.name), batch if len(batch) > 1 else batch[0])
    counted = {bytes(row.digest): row.duplicates for row in found}
    return {row["digest"] for row in batch if counted[row["digest"]] == row["duplicates"]}


def _added_alone(connection: Connection, batch: Sequence[dict[str, Any]]) -> set[bytes]:
    """Do what ``_kept`` does where nobody else can write meanwhile: look first, then add without asking back."""
    known = adding.known_of(connection, [row["digest"] for row in batch])
    repeats = [row for row in batch if row["digest"] in known]
    if repeats:
        _kept(connection, repeats)
    fresh = [row for row in batch if row["digest"] not in known]
    if fresh:
        adding.add(connection, fresh)
    return {row["digest"] for row in fresh}


@cache
def _upsert(dialect: str) -> Any:
    """Built once: building it costs forty times what executing it does."""
    statement = insert_into(dialect, inbox)
    orphan = (inbox.c.state == State.BURIED.value) & (inbox.c.verdict == Verdict.ORPHAN.value)
    again = orphan | ((inbox.c.state == State.POSTPONED.value) & inbox.c.lease_until.is_(None))
    statement = statement.on_conflict_do_update(
        index_elements=[inbox.c.digest],
        set_={
            "duplicates": inbox.c.duplicates + 1 + statement.excluded.duplicates,
            "due_at": case((again, statement.excluded.due_at), else_=inbox.c.due_at),
            "state": case((orphan, literal(State.POSTPONED.value)), else_=inbox.c.state),
        },
    )
    return statement.returning(inbox.c.digest, inbox.c.duplicates)


def claim(
    connection: Connection,
    *,
    now: datetime,
    lease: timedelta,
    lease_id: str,
    most: int,
    vault: Vault,
    without: Collection[str] = (),
) -> list[InboxEntry]:
    """Take due entries for ``lease``, oldest due first and none of the tenants ``without``, and count the attempt."""
    others = [inbox.c.tenant_id.not_in(without)] if without else []
    due = (
        select(inbox.c.digest)
        .where(inbox.c.due_at <= now, *others)
        .order_by(inbox.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    change = {
        "lease": lease_id,
        "lease_until": now + lease,
        "due_at": now + lease,
        "attempts": inbox.c.attempts + 1,
        "open_claims": inbox.c.open_claims + 1,
    }
    query = update(inbox).where(inbox.c.digest.in_(due.scalar_subquery())).values(change).returning(*inbox.c)
    rows = connection.execute(query).all()
    entries = [_entry(row, vault) for row in rows]
    return sorted(entries, key=lambda entry: entry.received_at)


@cache
def _ruling() -> Any:
    return (
        update(inbox)
        # The fence: only the holder of this very lease may write the outcome.
        .where(inbox.c.digest == bindparam("of_digest"), inbox.c.lease == bindparam("of_lease"))
        .values(
            state=bindparam("to_state"),
            verdict=bindparam("to_verdict"),
            reason=bindparam("to_reason"),
            due_at=bindparam("to_due_at", type_=inbox.c.due_at.type),
            finished_at=bindparam("to_finished_at", type_=inbox.c.finished_at.type),
            link_reference=func.coalesce(
                bindparam("to_link_reference", type_=inbox.c.link_reference.type), inbox.c.link_reference
            ),
            reference=func.coalesce(bindparam("to_reference", type_=inbox.c.reference.type), inbox.c.reference),
            lease=None,
            lease_until=None,
            open_claims=0,
        )
    )


def rule(connection: Connection, rulings: Sequence[tuple[InboxEntry, Ruling]], *, now: datetime) -> None:
    """Write what was found about claimed entries and give them back."""
    rows = [
        {
            "of_digest": entry.digest,
            "of_lease": entry.lease,
            "to_state": STATE_OF[ruling.verdict].value,
            "to_verdict": ruling.verdict.value,
            "to_reason": ruling.reason,
            "to_due_at": ruling.due_at,
            "to_finished_at": None if STATE_OF[ruling.verdict] is State.POSTPONED else now,
            "to_link_reference": ruling.names.link_reference,
            "to_reference": ruling.names.reference,
        }
        for entry, ruling in rulings
    ]
    if rows:
        connection.execute(_ruling(), rows)


def rewrite(connection: Connection, entry: InboxEntry, body: bytes, *, vault: Vault) -> None:
    """Keep another body in place of the one that came; the digest stays that of the first, so repeats still meet it."""
    sealed = vault.seal_body(entry.tenant_id, body)
    connection.execute(update(inbox).where(inbox.c.digest == entry.digest).values(body=sealed))


def postpone_failed(connection: Connection, entry: InboxEntry, *, due_at: datetime) -> None:
    """Give back an entry that broke; its open claims stay counted, so that it is buried in the end."""
    change = {"due_at": due_at, "lease": None, "lease_until": None}
    mine = (inbox.c.digest == entry.digest) & (inbox.c.lease == entry.lease)
    connection.execute(update(inbox).where(mine).values(change))


def next_due(connection: Connection) -> datetime | None:
    """Return when the next entry is due."""
    query = select(inbox.c.due_at).where(inbox.c.due_at.is_not(None)).order_by(inbox.c.due_at).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _entry(row: Any, vault: Vault) -> InboxEntry:
    plain = ("tenant_id", "kind", "received_at", "attempts", "open_claims", "lease")
    body = vault.open(row.tenant_id, row.body)
    return InboxEntry(bytes(row.digest), body=body, **{name: getattr(row, name) for name in plain})
