"""Orders that Salesforce refuses, for operators: one by one, and grouped by cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text

from connector.domain.health.push_refusal import PushRefusal, RefusedPart, refusal_of
from connector.errors import TenantProblem
from connector.store.outbox.outbox import OutboxState
from connector.store.schema.tables import orders, outbox
from foundation.database.unit_of_work import UnitOfWork
from foundation.encryption.vault import Vault

# Written as the partial indexes have it.
_BLOCKED = text("outbox.blocked_by IS NOT NULL")
_UNWRITTEN = or_(text("outbox.due_at IS NOT NULL"), _BLOCKED)
_SEEN = (
    outbox.c.tenant_id,
    outbox.c.order_id,
    orders.c.number,
    *(
        column
        for column in outbox.c
        if column.key not in ("tenant_id", "order_id", "partition", "lease", "written_state")
    ),
)
# Enough to look at in Salesforce; a finding must stay readable with thousands of blocked orders.
_NAMED = 3


@dataclass(frozen=True)
class BlockedOrder:
    """The state of an order's push. ``code`` and ``refusal``: why it was not taken; ``since`` when.

    ``cause`` is shared by orders that the same fix would let through; None where it merely waits.
    """

    tenant_id: str
    order_id: str
    number: str
    state: OutboxState
    code: str | None
    cause: str | None
    refusal: PushRefusal | None = field(repr=False)
    since: datetime | None
    tried_at: datetime | None
    due_at: datetime | None
    pushed_at: datetime | None
    version: int
    pushed_version: int


@dataclass(frozen=True)
class Cause:
    """What blocks some orders of one tenant; ``numbers``: the order numbers of the first few."""

    name: str
    refusal: PushRefusal
    orders: int
    numbers: tuple[str, ...]
    since: datetime | None


def list_orders(
    work: UnitOfWork,
    *,
    tenant_id: str | None,
    state: OutboxState | None,
    cause: str | None,
    most: int,
) -> list[BlockedOrder]:
    """Return up to ``most`` orders that wait or are blocked, the longest first."""
    # What fails the longest first; the id last, so that a list is the same each time.
    first = (outbox.c.failing_since.asc().nulls_last(), outbox.c.due_at.asc().nulls_last(), outbox.c.order_id)
    listed = _query().where(*_listed(tenant_id, state, cause)).order_by(*first).limit(most)
    return [_order(row, work.vault) for row in work.connection.execute(listed)]


def count_orders(work: UnitOfWork, *, tenant_id: str | None, state: OutboxState | None, cause: str | None) -> int:
    """Return how many orders such a list has where nothing cuts it."""
    counted = select(func.count()).select_from(outbox).where(*_listed(tenant_id, state, cause))
    return int(work.connection.execute(counted).scalar_one())


def _listed(tenant_id: str | None, state: OutboxState | None, cause: str | None) -> list[ColumnElement[bool]]:
    wanted = [outbox.c.tenant_id == tenant_id] if tenant_id else []
    wanted += [outbox.c.state == state.value] if state else []
    wanted += [outbox.c.blocked_by.startswith(cause)] if cause else []
    return [_UNWRITTEN, *wanted]


def find_by_number(
    work: UnitOfWork,
    name: str,
    *,
    tenant_id: str | None,
) -> list[BlockedOrder]:
    """Return the orders, written or not, with this number or Salesforce id; no index serves this rare query."""
    mine = [outbox.c.tenant_id == tenant_id] if tenant_id else []
    rows = work.connection.execute(
        _query().where(*mine, or_(orders.c.number == name, outbox.c.order_id == name)).limit(10)
    )
    return [_order(row, work.vault) for row in rows]


def find_by_ids(
    work: UnitOfWork,
    tenant_id: str,
    ids: Sequence[str],
) -> list[BlockedOrder]:
    """Return orders by their Salesforce ids."""
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(ids))
    return [_order(row, work.vault) for row in work.connection.execute(_query().where(mine))]


def causes(
    work: UnitOfWork,
    tenant_id: str,
    *,
    most: int,
) -> list[Cause]:
    """Return the causes that block a tenant's orders, the one with most orders first."""
    mine = and_(outbox.c.tenant_id == tenant_id, _BLOCKED)
    number, since = func.count().label("number"), func.min(outbox.c.failing_since).label("since")
    grouped = select(outbox.c.blocked_by, number, since).where(mine).group_by(outbox.c.blocked_by)
    rows = work.connection.execute(grouped.order_by(number.desc(), outbox.c.blocked_by).limit(most)).all()
    return [_cause(work, row, mine) for row in rows]


def waiting_long(work: UnitOfWork, tenant_id: str, *, since: datetime) -> tuple[int, tuple[str, ...], str | None]:
    """Return how many orders have failed since before ``since`` without a cause, the first numbers, and the last code."""
    mine = and_(outbox.c.tenant_id == tenant_id, _in_vain(since))
    number = int(work.connection.execute(select(func.count()).select_from(outbox).where(mine)).scalar_one())
    rows = work.connection.execute(
        _query().where(mine).order_by(outbox.c.failing_since, outbox.c.order_id).limit(_NAMED)
    ).all()
    return number, tuple(row.number or row.order_id for row in rows), rows[0].reason if rows else None


def _in_vain(since: datetime) -> ColumnElement[bool]:
    waits = and_(text("outbox.due_at IS NOT NULL"), outbox.c.blocked_by.is_(None))
    return and_(waits, outbox.c.failing_since < since)


def _cause(
    work: UnitOfWork,
    row: Any,
    mine: ColumnElement[bool],
) -> Cause:
    first = _query().where(mine, outbox.c.blocked_by == row.blocked_by)
    some = work.connection.execute(first.order_by(outbox.c.failing_since, outbox.c.order_id).limit(_NAMED)).all()
    known = [_order(one, work.vault) for one in some]
    refusal = next((one.refusal for one in known if one.refusal), None) or _unopened(known[0])
    return Cause(row.blocked_by, refusal, row.number, tuple(one.number for one in known), row.since)


def _unopened(order: BlockedOrder) -> PushRefusal:
    """Return what is known of a refusal by an older version, or under an encryption key that was removed."""
    part = str(order.cause).partition(".")[0]
    return PushRefusal(RefusedPart(part), order.code or "UNKNOWN")


def _query() -> Select[Any]:
    same = and_(orders.c.tenant_id == outbox.c.tenant_id, orders.c.order_id == outbox.c.order_id)
    return select(*_SEEN).select_from(outbox.outerjoin(orders, same))


def _order(row: Any, vault: Vault) -> BlockedOrder:
    return BlockedOrder(
        tenant_id=row.tenant_id,
        order_id=row.order_id,
        number=row.number or row.order_id,
        state=OutboxState(row.state),
        code=row.reason,
        cause=row.blocked_by,
        refusal=_refusal(row, vault),
        since=row.failing_since,
        tried_at=row.tried_at,
        due_at=row.due_at,
        pushed_at=row.pushed_at,
        version=row.version,
        pushed_version=row.pushed_version,
    )


def _refusal(row: Any, vault: Vault) -> PushRefusal | None:
    if row.refusal is None:
        return None
    try:
        return refusal_of(vault.open(row.tenant_id, row.refusal))
    except TenantProblem:
        return None  # the key that encrypted it was removed; the code remains
