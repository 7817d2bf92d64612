"""The outbox of orders to push to Salesforce: announce, claim, conclude; one row per order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, case, exists, func, literal, select, update

from connector.domain.health.refusal import Refusal
from connector.domain.payments.order import Order
from connector.store.encryption.vault import Vault
from connector.store.lease import Lease
from connector.store.orders.stale_totals import needs_reading
from connector.store.outbox.outbox_conclusions import BLOCK, FINISH, FINISH_WITHOUT_STATUS, POSTPONE
from connector.store.schema.tables import outbox
from connector.store.unit_of_work import UnitOfWork
from foundation.database.database import wait_alone
from foundation.database.upsert import insert_into

PARTITIONS = 4
MERGE_FOR = timedelta(seconds=2)


class OutboxState(StrEnum):
    """What remains to be done with an order's row.

    ``refused``: the request records were written, the order was refused; ``buried``: a request record was refused. Both,
    and what waits with a cause in ``blocked_by``, are probed again in case something was fixed.
    """

    WAITING = "waiting"
    WRITTEN = "written"
    REFUSED = "refused"
    BURIED = "buried"


@dataclass(frozen=True)
class OutboxEntry:
    """A claimed row. The payload is computed from the database at the claim, and ``version`` is the version of that."""

    tenant_id: str
    order_id: str
    partition: int
    version: int
    requests_version: int
    attempts: int
    lease: str
    told_state: str | None = None
    # The cause and the code of the last refusal: a different failure now means that this one is fixed.
    blocked_by: str | None = None
    reason: str | None = None
    refusal: bytes | None = None  # encrypted, because Salesforce's sentence may contain personal data


@dataclass(frozen=True)
class PushState:
    """How far an order was pushed, for open pages and reconciliation."""

    state: str
    version: int
    pushed_version: int
    requests_version: int
    pushed_at: datetime | None
    reason: str | None


def partition_of(order: Order) -> int:
    """Return the partition of an order, one batch of which is in flight at a time."""
    # Updates of orders of one account lock each other in Salesforce, so they share a partition.
    anchor = order.account_id or order.order_id
    return sha256(anchor.encode()).digest()[0] % PARTITIONS


@dataclass(frozen=True)
class Announcement:
    """A new ``version`` of an order to push; ``final``: people wait for this change."""

    order: Order
    version: int
    final: bool


def announce(work: UnitOfWork, announcements: Sequence[Announcement], *, now: datetime) -> None:
    """Make orders due to be pushed: final changes at once, others after a moment, so that several merge."""
    rows = [
        {
            "tenant_id": one.order.tenant_id,
            "order_id": one.order.order_id,
            "partition": partition_of(one.order),
            "version": one.version,
            "pushed_version": 0,
            "requests_version": 0,
            "attempts": 0,
            "final": one.final,
            "state": OutboxState.WAITING.value,
            "due_at": now if one.final else now + MERGE_FOR,
        }
        for one in announcements
    ]
    if rows:
        work.connection.execute(_announcing(work.connection.dialect.name), rows)


@cache
def _announcing(dialect: str) -> Any:
    statement = insert_into(dialect, outbox)
    # A leased row stays leased: its conclusion sees the newer version and makes the row due again.
    free = outbox.c.lease_until.is_(None)
    said = statement.excluded
    sooner = case((outbox.c.due_at < said.due_at, outbox.c.due_at), else_=said.due_at)
    return statement.on_conflict_do_update(
        index_elements=[outbox.c.tenant_id, outbox.c.order_id],
        set_={
            "version": said.version,
            "partition": case((free, said.partition), else_=outbox.c.partition),
            "due_at": case((free, sooner), else_=outbox.c.due_at),
            "final": outbox.c.final | said.final,
            "state": literal(OutboxState.WAITING.value),
            "attempts": case((outbox.c.state == OutboxState.WAITING.value, outbox.c.attempts), else_=0),
        },
    )


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


@dataclass(frozen=True)
class Conclusion:
    """The outcome of a claimed row: written, to be tried again at ``due_at``, or else blocked by its ``refusal``.

    A written row with a ``refusal`` lacks its Status. ``told_state`` is the order payment state whose Status was written;
    None leaves the stored one. Each is written once, because a person may change the Status afterwards.
    """

    entry: OutboxEntry
    state: OutboxState
    reason: str | None = None
    due_at: datetime | None = None
    requests_written: bool = True
    told_state: str | None = None
    refusal: Refusal | None = None

    @property
    def is_blocked(self) -> bool:
        """Return whether the row is only tried again by a probe, and not at a time of its own."""
        return self.state is not OutboxState.WRITTEN and self.due_at is None


def conclude(
    work: UnitOfWork,
    conclusions: Sequence[Conclusion],
    *,
    now: datetime,
) -> None:
    """Release claimed rows with their outcomes; a row whose lease was lost is left alone, a newer version stays due."""
    chosen_by: dict[Any, list[Conclusion]] = {}
    for one in conclusions:
        chosen_by.setdefault(_statement_of(one), []).append(one)
    for statement, chosen in chosen_by.items():
        work.connection.execute(statement, [_parameters(one, now, work.vault) for one in chosen])


def _statement_of(one: Conclusion) -> Any:
    if one.state is OutboxState.WRITTEN:
        return FINISH_WITHOUT_STATUS if one.refusal else FINISH
    return BLOCK if one.is_blocked else POSTPONE


def _parameters(one: Conclusion, now: datetime, vault: Vault) -> dict[str, Any]:
    """Return the parameters of a conclusion's statement."""
    row = {
        "of_tenant": one.entry.tenant_id,
        "of_order": one.entry.order_id,
        "of_lease": one.entry.lease,
        "to_version": one.entry.version,
        "to_reason": one.reason,
        "at_now": now,
    }
    if one.state is OutboxState.WRITTEN and one.refusal is None:
        return row | {"now_told": one.told_state}
    row["requests_written"] = one.requests_written
    row["to_refusal"] = vault.seal(one.entry.tenant_id, one.refusal.to_bytes()) if one.refusal else None
    row["to_cause"] = one.refusal.cause if one.refusal else None
    return row | {"to_state": one.state.value, "to_due_at": one.due_at}


def states(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str]) -> dict[str, PushState]:
    """Return how far each order was pushed, by order id."""
    condition = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(order_ids))
    return {
        row.order_id: PushState(
            row.state, row.version, row.pushed_version, row.requests_version, row.pushed_at, row.reason
        )
        for row in work.connection.execute(select(outbox).where(condition))
    }


def due_tenants(work: UnitOfWork, *, now: datetime, soon: timedelta) -> dict[str, datetime]:
    """Return the tenants with rows due now or within ``soon``, and when the first row of each is due."""
    first = func.min(outbox.c.due_at).label("first")
    waiting = (outbox.c.due_at <= now + soon) & outbox.c.lease_until.is_(None)
    rows = work.connection.execute(select(outbox.c.tenant_id, first).where(waiting).group_by(outbox.c.tenant_id))
    return {row.tenant_id: row.first for row in rows}


def next_due(work: UnitOfWork) -> datetime | None:
    """Return when the next row is due."""
    query = select(outbox.c.due_at).where(outbox.c.due_at.is_not(None)).order_by(outbox.c.due_at).limit(1)
    return work.connection.execute(query).scalar_one_or_none()


def _entry(row: Any) -> OutboxEntry:
    return OutboxEntry(
        row.tenant_id,
        row.order_id,
        row.partition,
        row.version,
        row.requests_version,
        row.attempts,
        row.lease,
        row.told_state,
        row.blocked_by,
        row.reason,
        row.refusal,
    )
