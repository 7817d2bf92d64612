"""Claiming due outbox rows under a lease, one batch of a partition at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, select, update

from connector.store.orders.stale_totals import needs_reading
from connector.store.outbox.outbox import OutboxEntry
from connector.store.schema.tables import outbox
from foundation.database.database import wait_alone
from foundation.database.lease import Lease
from foundation.database.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DuePartition:
    """How many rows of one partition of a tenant are due, and for how many a total must be read first (``unread``)."""

    tenant_id: str
    partition: int
    due: int
    unread: int = 0
    in_flight: bool = False

    @property
    def claimable(self) -> int:
        """Return how many rows a claim would find now."""
        return 0 if self.in_flight else self.due - self.unread


def due_partitions(work: UnitOfWork, *, now: datetime) -> list[DuePartition]:
    """Return the partitions of all tenants that have due rows."""
    grouped = (outbox.c.tenant_id, outbox.c.partition)
    in_flight_query = select(*grouped).where(outbox.c.lease_until > now).distinct()
    unread = func.sum(case((needs_reading(now), 1), else_=0))
    query = select(*grouped, func.count().label("due"), unread.label("unread")).where(outbox.c.due_at <= now)
    in_flight = {(row.tenant_id, row.partition) for row in work.connection.execute(in_flight_query)}
    return [
        DuePartition(row.tenant_id, row.partition, row.due, row.unread, (row.tenant_id, row.partition) in in_flight)
        for row in work.connection.execute(query.group_by(*grouped))
    ]


def claim(
    work: UnitOfWork,
    tenant_id: str,
    partitions: Sequence[int],
    *,
    now: datetime,
    lease: Lease,
    most: int,
    final_only: bool = False,
) -> list[OutboxEntry]:
    """Claim due rows of some partitions under ``lease``, final changes first.

    Left out are partitions with a batch in flight, and rows whose total must be read first.
    """
    # Claims of one partition run one after the other, so that each sees the leases of the one before it.
    for partition in sorted(partitions):
        wait_alone(work.connection, "push", tenant_id, partition)
    other = outbox.alias()
    in_flight = exists().where(
        other.c.tenant_id == tenant_id, other.c.partition == outbox.c.partition, other.c.lease_until > now
    )
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.partition.in_(partitions), outbox.c.due_at <= now, ~in_flight)
    # An order must not be reported as paid by a total that is too old; what reads it makes the row claimable.
    mine = and_(mine, ~needs_reading(now))
    if final_only:
        mine = and_(mine, outbox.c.final)
    first = (outbox.c.final.desc(), outbox.c.due_at)
    due = select(outbox.c.order_id).where(mine).order_by(*first).limit(most).with_for_update(skip_locked=True)
    chosen = due.cte("chosen")  # a CTE runs once; PostgreSQL may run a subquery per row, and would find other rows then
    change = {
        "lease": lease.lease_id,
        "lease_until": lease.until,
        "due_at": lease.until,
        "attempts": outbox.c.attempts + 1,
    }
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(select(chosen.c.order_id)))
    query = update(outbox).where(mine).values(change).returning(outbox)
    return [_entry(row) for row in work.connection.execute(query)]


def _entry(row: Any) -> OutboxEntry:
    return OutboxEntry(
        row.tenant_id,
        row.order_id,
        row.partition,
        row.version,
        row.requests_version,
        row.attempts,
        row.lease,
        row.written_state,
        row.blocked_by,
        row.reason,
        row.pushed_at,
        row.refusal,
    )
