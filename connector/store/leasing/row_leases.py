"""Leases on rows of inbox and outbox, and the release of those that a dead process held.

A lease is named ``owner.random``: the owner is a worker, the rest is the fence that a late outcome does not pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Column, ColumnElement, func, select, update

from connector.store.inbox.inbox import InboxEntry
from connector.store.schema.tables import inbox, outbox
from foundation.database.unit_of_work import UnitOfWork


def still_held(work: UnitOfWork, entries: Sequence[InboxEntry]) -> set[bytes]:
    """Lock claimed inbox entries in this transaction; return the digests of those that no other worker has taken over."""
    mine = inbox.c.digest.in_([entry.digest for entry in entries])
    query = select(inbox.c.digest, inbox.c.lease).where(mine).order_by(inbox.c.digest).with_for_update()
    leases = {bytes(row.digest): row.lease for row in work.connection.execute(query)}
    return {entry.digest for entry in entries if leases.get(entry.digest) == entry.lease}


def release_all(work: UnitOfWork, *, now: datetime) -> None:
    """Release every claimed row; on SQLite, where no other process can hold a lease at the start and at the end."""
    free = {"lease": None, "lease_until": None, "due_at": now}
    for table in (inbox, outbox):
        work.connection.execute(update(table).where(table.c.lease_until.is_not(None)).values(free))


def release_owner(work: UnitOfWork, owner: str, *, now: datetime) -> int:
    """Release what one process has claimed and not finished, to be due at once; return the number of rows."""
    free = {"lease": None, "lease_until": None, "due_at": now}
    # A claimed row is due when its lease ends: the index of due rows finds it.
    entries = (inbox.c.due_at > now) & inbox.c.lease.startswith(f"{owner}.")
    orders = outbox.c.lease_until.is_not(None) & outbox.c.lease.startswith(f"{owner}.")
    # An orderly stop is no sign that the entry kills processes, so its open claim is not counted.
    given = work.connection.execute(
        update(inbox).where(entries).values({**free, "open_claims": inbox.c.open_claims - 1})
    ).rowcount
    return given + work.connection.execute(update(outbox).where(orders).values(free)).rowcount


def release_dead(work: UnitOfWork, living: Sequence[str], *, now: datetime) -> int:
    """Release what workers other than ``living`` have claimed; return the number of rows. PostgreSQL only."""
    free = {"lease": None, "lease_until": None, "due_at": now}
    entries = (inbox.c.due_at > now) & _left(inbox.c.lease, living)
    orders = outbox.c.lease_until.is_not(None) & _left(outbox.c.lease, living)
    taken = work.connection.execute(update(inbox).where(entries).values(free)).rowcount
    return taken + work.connection.execute(update(outbox).where(orders).values(free)).rowcount


def _left(lease: Column[str], living: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition of leases whose owner is not alive."""
    # With an empty list ``NOT IN ()`` is true of NULL too, and would match rows that nobody holds, such as postponed ones.
    return lease.is_not(None) & func.split_part(lease, ".", 1).not_in(living)
