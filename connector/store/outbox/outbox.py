"""The outbox of orders to push to Salesforce, one row per order: announced, and how far each was pushed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, case, func, literal, select

from connector.domain.payments.order import Order
from connector.store.outbox.news_rows import bells_taken_for_supervisors
from connector.store.schema.tables import outbox
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

# So many calls of an org are in flight: at 200 ms a call they drain 10,000 orders in seconds, and more would take the org's
# threads from its own people.
PARTITIONS = 4
# Sent, delivered and opened often come within seconds of each other, and are one write then.
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
    written_state: str | None = None
    # The cause and the code of the last refusal: a different failure now means that this one is fixed.
    blocked_by: str | None = None
    reason: str | None = None
    pushed_at: datetime | None = None
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
    # The keys of the supervisors' bells that Salesforce took.
    supervisors_know: frozenset[str] = frozenset()


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
            # Kept until it is written: a change that people wait for must not wait because a lesser one came after it.
            "final": outbox.c.final | said.final,
            "state": literal(OutboxState.WAITING.value),
            # A new version of an order that failed before goes on with its pauses: it would fail in the same way.
            "attempts": case((outbox.c.state == OutboxState.WAITING.value, outbox.c.attempts), else_=0),
        },
    )


def states(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str]) -> dict[str, PushState]:
    """Return how far each order was pushed, by order id."""
    condition = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(order_ids))
    known = bells_taken_for_supervisors(work, tenant_id, order_ids)
    return {
        row.order_id: PushState(
            row.state,
            row.version,
            row.pushed_version,
            row.requests_version,
            row.pushed_at,
            row.reason,
            known.get(row.order_id, frozenset()),
        )
        for row in work.connection.execute(select(outbox).where(condition))
    }


def due_tenants(work: UnitOfWork, *, now: datetime, soon: timedelta) -> dict[str, datetime]:
    """Return the tenants with rows due now or within ``soon``, and when the first row of each is due."""
    first = func.min(outbox.c.due_at).label("first")
    waiting = (outbox.c.due_at <= now + soon) & outbox.c.lease_until.is_(None)
    # To group by the bare column, SQLite would read all rows in the order of the primary key, which begins with it.
    tenant_id = outbox.c.tenant_id.concat("").label("tenant_id")
    rows = work.connection.execute(select(tenant_id, first).where(waiting).group_by(tenant_id))
    return {row.tenant_id: row.first for row in rows}
