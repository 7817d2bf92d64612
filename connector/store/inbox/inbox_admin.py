"""The inbox for operators: lists, one entry with its body, requeueing, removal of archived entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import eq, ge, lt
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, literal, select, update

from connector.store.inbox.inbox import END_DENIED, InboxState, Verdict
from connector.store.schema.tables import inbox
from foundation.database.unit_of_work import UnitOfWork

REPLAYED = "replayed"
CHUNK = 200  # rows in one transaction, short because arriving callbacks wait for it
_DIGEST_BYTES = 32
_FINISHED = (InboxState.DONE.value, InboxState.BURIED.value)
_SEEN = [column for column in inbox.c if column.name != "body"]


@dataclass(frozen=True)
class InboxFilter:
    """Which entries to list; None: all. ``until`` is exclusive."""

    tenant_id: str | None = None
    state: InboxState | None = None
    verdict: Verdict | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class ListedEntry:
    """One entry without its body."""

    digest: bytes
    tenant_id: str
    kind: str
    state: InboxState
    verdict: Verdict | None
    reason: str | None
    attempts: int
    open_claims: int
    duplicates: int
    link_reference: str | None
    reference: str | None
    received_at: datetime
    due_at: datetime | None
    lease_until: datetime | None
    finished_at: datetime | None
    proven: bool = True

    @property
    def name(self) -> str:
        """Return the short form of the digest, which logs show and commands take."""
        return self.digest.hex()[:12]


@dataclass(frozen=True)
class OpenedEntry:
    """An entry with its decrypted body."""

    entry: ListedEntry
    body: bytes = field(repr=False)


def list_entries(work: UnitOfWork, wanted: InboxFilter, *, most: int, oldest_first: bool = False) -> list[ListedEntry]:
    """Return up to ``most`` entries, newest first unless ``oldest_first``."""
    # No index serves this: it would slow every callback down for a list that is read now and then.
    order = inbox.c.received_at if oldest_first else inbox.c.received_at.desc()
    query = select(*_SEEN).where(*_conditions(wanted)).order_by(order).limit(most)
    return [_entry(row) for row in work.connection.execute(query)]


def count_entries(work: UnitOfWork, wanted: InboxFilter) -> int:
    """Return how many entries such a list has where nothing cuts it."""
    counted = select(func.count()).select_from(inbox).where(*_conditions(wanted))
    return int(work.connection.execute(counted).scalar_one())


def find_by_prefix(work: UnitOfWork, start: str, *, most: int = 2) -> list[ListedEntry]:
    """Return entries whose digest starts with the given hexadecimal digits."""
    # As a range of the primary key, whose index serves it.
    low = bytes.fromhex(start.ljust(2 * _DIGEST_BYTES, "0"))
    high = bytes.fromhex(start.ljust(2 * _DIGEST_BYTES, "f"))
    query = select(*_SEEN).where(inbox.c.digest.between(low, high)).limit(most)
    return [_entry(row) for row in work.connection.execute(query)]


def denied_ends(work: UnitOfWork, tenant_id: str, *, since: datetime) -> set[str]:
    """Return the references of requests whose end was reported since a time and denied by the core's record for good."""
    buried = and_(inbox.c.state == InboxState.BURIED.value, inbox.c.verdict == Verdict.ANOMALY.value)
    mine = and_(buried, inbox.c.reason == END_DENIED, inbox.c.tenant_id == tenant_id, inbox.c.received_at >= since)
    rows = work.connection.execute(select(inbox.c.reference).where(mine, inbox.c.reference.is_not(None)).distinct())
    return set(rows.scalars())


def find_by_digests(work: UnitOfWork, digests: Sequence[bytes]) -> dict[bytes, ListedEntry]:
    """Return entries by digest; unknown digests are left out."""
    found: dict[bytes, ListedEntry] = {}
    for some in chunks(digests):
        rows = work.connection.execute(select(*_SEEN).where(inbox.c.digest.in_(some)))
        found |= {entry.digest: entry for entry in map(_entry, rows)}
    return found


def find_with_body(
    work: UnitOfWork,
    digests: Sequence[bytes],
) -> list[OpenedEntry]:
    """Return entries with their bodies decrypted, in the order of ``digests``, of which there are at most ``CHUNK``."""
    rows = {bytes(row.digest): row for row in work.connection.execute(select(inbox).where(inbox.c.digest.in_(digests)))}
    return [
        OpenedEntry(_entry(rows[digest]), work.vault.open(rows[digest].tenant_id, rows[digest].body))
        for digest in digests
        if digest in rows
    ]


def requeue(work: UnitOfWork, digests: Sequence[bytes], *, now: datetime) -> set[bytes]:
    """Make entries due as if they had just arrived, whatever their verdict; return those. Claimed ones are left alone."""
    # A new entry was never drained, so it stays new.
    new = inbox.c.state == InboxState.NEW.value
    change = {
        "state": case((new, inbox.c.state), else_=literal(InboxState.POSTPONED.value)),
        "verdict": case((new, inbox.c.verdict), else_=literal(Verdict.HELD.value)),
        "reason": case((new, inbox.c.reason), else_=literal(REPLAYED)),
        "attempts": 0,
        "open_claims": 0,
        "due_at": now,
        "finished_at": None,
    }
    # What a drain has in hand gets its disposition from that drain; it can be requeued afterwards.
    free = and_(inbox.c.digest.in_(digests), inbox.c.lease_until.is_(None))
    rows = work.connection.execute(update(inbox).where(free).values(change).returning(inbox.c.digest))
    return {bytes(row.digest) for row in rows}


def finished_before(work: UnitOfWork, moment: datetime, *, after: bytes) -> list[bytes]:
    """Return the next ``CHUNK`` digests of entries finished before a time, in the order of the primary key."""
    query = select(inbox.c.digest).where(_over(moment), inbox.c.digest > after).order_by(inbox.c.digest).limit(CHUNK)
    return [bytes(row.digest) for row in work.connection.execute(query)]


def remove(work: UnitOfWork, digests: Sequence[bytes], *, finished_before: datetime) -> int:
    """Delete entries finished before a time; one that was requeued meanwhile stays. Return how many were deleted."""
    # Asked again at the deletion: between writing the archive and this, somebody may have brought an entry back.
    gone = and_(inbox.c.digest.in_(digests), _over(finished_before))
    return work.connection.execute(delete(inbox).where(gone)).rowcount


def chunks(digests: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield a long list in pieces for one short transaction each."""
    rest = iter(digests)
    while some := list(islice(rest, CHUNK)):
        yield some


def _conditions(wanted: InboxFilter) -> list[ColumnElement[bool]]:
    every = [
        (inbox.c.tenant_id, eq, wanted.tenant_id),
        (inbox.c.state, eq, wanted.state),
        (inbox.c.verdict, eq, wanted.verdict),
        (inbox.c.received_at, ge, wanted.since),
        (inbox.c.received_at, lt, wanted.until),
    ]
    return [compare(column, asked) for column, compare, asked in every if asked is not None]


def _over(moment: datetime) -> ColumnElement[bool]:
    return and_(inbox.c.state.in_(_FINISHED), inbox.c.finished_at < moment, inbox.c.due_at.is_(None))


def _entry(row: Any) -> ListedEntry:
    return ListedEntry(
        digest=bytes(row.digest),
        tenant_id=row.tenant_id,
        kind=row.kind,
        state=InboxState(row.state),
        verdict=Verdict(row.verdict) if row.verdict else None,
        reason=row.reason,
        attempts=row.attempts,
        open_claims=row.open_claims,
        duplicates=row.duplicates,
        link_reference=row.link_reference,
        reference=row.reference,
        received_at=row.received_at,
        due_at=row.due_at,
        lease_until=row.lease_until,
        finished_at=row.finished_at,
        proven=row.proven,
    )
