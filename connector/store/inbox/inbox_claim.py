"""Claiming due inbox entries under a lease, and writing their dispositions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update

from connector.errors import TenantProblem
from connector.store.inbox.inbox import STATE_OF, Disposition, InboxEntry, InboxState
from connector.store.schema.tables import inbox
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork
from foundation.encryption.vault import Vault


def claim(
    work: UnitOfWork,
    *,
    now: datetime,
    lease: Lease,
    most: int,
    without: Collection[str] = (),
) -> list[InboxEntry]:
    """Claim due entries under ``lease``, those due longest first, except of tenants ``without``, and count the attempt."""
    others = [inbox.c.tenant_id.not_in(without)] if without else []
    # A CTE runs once. PostgreSQL may run a subquery per row, and would find other rows after the first ones are claimed.
    chosen = (
        select(inbox.c.digest)
        .where(inbox.c.due_at <= now, *others)
        .order_by(inbox.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    change = {
        "lease": lease.lease_id,
        "lease_until": lease.until,
        # Due again when the lease ends, so that the one index on due times also finds what a dead process left.
        "due_at": lease.until,
        # Counted at the claim, so that an entry which kills the process is still buried in the end.
        "attempts": inbox.c.attempts + 1,
        "open_claims": inbox.c.open_claims + 1,
    }
    query = update(inbox).where(inbox.c.digest.in_(select(chosen.c.digest))).values(change).returning(*inbox.c)
    rows = work.connection.execute(query).all()
    entries = [_entry(row, work.vault) for row in rows]
    return sorted(entries, key=lambda entry: entry.received_at)


@cache
def _disposition_statement() -> Any:
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
            attempts=func.coalesce(bindparam("to_attempts", type_=inbox.c.attempts.type), inbox.c.attempts),
            reference=func.coalesce(bindparam("to_reference", type_=inbox.c.reference.type), inbox.c.reference),
            lease=None,
            lease_until=None,
            open_claims=0,
        )
    )


def record_dispositions(
    work: UnitOfWork, dispositions: Sequence[tuple[InboxEntry, Disposition]], *, now: datetime
) -> None:
    """Write the dispositions of claimed entries and release them."""
    rows = [
        {
            "of_digest": entry.digest,
            "of_lease": entry.lease,
            "to_state": STATE_OF[disposition.verdict].value,
            "to_verdict": disposition.verdict.value,
            "to_reason": disposition.reason,
            "to_attempts": disposition.attempts,
            "to_due_at": disposition.due_at,
            "to_finished_at": None if STATE_OF[disposition.verdict] is InboxState.POSTPONED else now,
            "to_link_reference": disposition.names.link_reference,
            "to_reference": disposition.names.reference,
        }
        for entry, disposition in dispositions
    ]
    if rows:
        work.connection.execute(_disposition_statement(), rows)


def rewrite(
    work: UnitOfWork,
    entry: InboxEntry,
    body: bytes,
) -> None:
    """Store another body in place of the received one; the digest stays, so that duplicates are still recognised."""
    # What replaces a body lacks what may not be stored in it, such as a card number.
    sealed = work.vault.seal_body(entry.tenant_id, body)
    work.connection.execute(update(inbox).where(inbox.c.digest == entry.digest).values(body=sealed))


def postpone_failed(work: UnitOfWork, entry: InboxEntry, *, due_at: datetime) -> None:
    """Release an entry whose processing failed; its open claims stay counted, so that it is buried in the end."""
    change = {"due_at": due_at, "lease": None, "lease_until": None}
    mine = (inbox.c.digest == entry.digest) & (inbox.c.lease == entry.lease)
    work.connection.execute(update(inbox).where(mine).values(change))


def _entry(row: Any, vault: Vault) -> InboxEntry:
    """Return a claimed entry."""
    plain = ("tenant_id", "kind", "received_at", "attempts", "open_claims", "reason", "lease", "proven")
    try:
        body = vault.open(row.tenant_id, row.body)
    except TenantProblem:
        body = None  # one lost key must not keep the rest of the batch from being drained
    return InboxEntry(bytes(row.digest), body=body, **{name: getattr(row, name) for name in plain})
