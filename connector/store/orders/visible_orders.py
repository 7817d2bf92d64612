"""Orders on visible pages: which there are, when their org is asked next, and what it showed of them last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select, update

from connector.store.schema.tables import orders
from connector.store.schema.watch_tables import order_watches, watched_orders
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into

# An org is asked at most once in this time, however many pages and processes there are.
EVERY = timedelta(seconds=10)
# Longer than the longest pause between two polls of a visible page; a hidden one does not poll.
VISIBLE_FOR = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(minutes=2)
# A page that is shown again within this time is compared with what it showed; later, with what is stored of its order.
_KEPT_FOR = timedelta(minutes=15)
_MINE = (watched_orders.c.tenant_id == bindparam("of_tenant")) & (watched_orders.c.order_id == bindparam("of_order"))
_SET_DIGEST = update(watched_orders).where(_MINE).values(digest=bindparam("to_digest"))


@dataclass(frozen=True)
class Watch:
    """When an org is asked next about its visible orders, when it last answered (None: never), and failures since."""

    due_at: datetime
    read_at: datetime | None
    failures: int


def see(work: UnitOfWork, seen: Mapping[tuple[str, str], datetime]) -> None:
    """Record when pages of (tenant, order) were last seen to be visible."""
    put = insert_into(work.connection.dialect.name, watched_orders)
    put = put.on_conflict_do_update(index_elements=["tenant_id", "order_id"], set_={"seen_at": put.excluded.seen_at})
    # Always in the same order, so that two processes do not deadlock.
    rows = [
        {"tenant_id": tenant_id, "order_id": order_id, "seen_at": at}
        for (tenant_id, order_id), at in sorted(seen.items())
    ]
    if rows:
        work.connection.execute(put, rows)


def find(work: UnitOfWork, tenant_ids: Collection[str]) -> dict[str, Watch]:
    """Return what is known of tenants' orgs, for those that were ever asked about a visible order."""
    w = order_watches.c
    rows = work.connection.execute(select(order_watches).where(w.tenant_id.in_(tenant_ids)))
    return {row.tenant_id: Watch(row.due_at, row.read_at, row.failures) for row in rows}


def due_tenants(work: UnitOfWork, *, now: datetime) -> list[str]:
    """Return the tenants with visible pages whose org may be asked again."""
    w, due_at = watched_orders.c, order_watches.c.due_at
    joined = watched_orders.outerjoin(order_watches, order_watches.c.tenant_id == w.tenant_id)
    # A time in the far future was written under a wrong clock.
    is_due = or_(due_at.is_(None), due_at <= now, due_at > now + 2 * _LONGEST_PAUSE)
    query = select(w.tenant_id).select_from(joined).where(w.seen_at > now - VISIBLE_FOR, is_due)
    return list(work.connection.execute(query.distinct()).scalars())


def claim(work: UnitOfWork, tenant_id: str, *, now: datetime) -> bool:
    """Take an org's turn to be asked; return False where another process has taken it."""
    until, due_at = now + EVERY, order_watches.c.due_at
    put = insert_into(work.connection.dialect.name, order_watches).values(tenant_id=tenant_id, due_at=until, failures=0)
    free = or_(due_at <= now, due_at > now + 2 * _LONGEST_PAUSE)
    taken = put.on_conflict_do_update(index_elements=["tenant_id"], set_={"due_at": until}, where=free)
    return work.connection.execute(taken.returning(order_watches.c.tenant_id)).first() is not None


def digests(work: UnitOfWork, tenant_id: str, *, now: datetime) -> dict[str, bytes | None]:
    """Return a tenant's orders on visible pages, each with the digest of what the org showed last; None: never read."""
    w = watched_orders.c
    query = select(w.order_id, w.digest).where(w.tenant_id == tenant_id, w.seen_at > now - VISIBLE_FOR)
    return {row.order_id: row.digest for row in work.connection.execute(query)}


def save(
    work: UnitOfWork, tenant_id: str, digests: Mapping[str, bytes], *, changed: Iterable[str], at: datetime
) -> None:
    """Store what the org showed, and that it has shown the ``changed`` ones otherwise since ``at``."""
    rows = [{"of_tenant": tenant_id, "of_order": one, "to_digest": digest} for one, digest in sorted(digests.items())]
    if rows:
        work.connection.execute(_SET_DIGEST, rows)
    for order_id in sorted(changed):
        mine = (orders.c.tenant_id == tenant_id) & (orders.c.order_id == order_id)
        work.connection.execute(update(orders).where(mine).values(changed_at=at))


def succeed(work: UnitOfWork, tenant_id: str, *, read_at: datetime) -> None:
    """Record that the org has answered."""
    mine = order_watches.c.tenant_id == tenant_id
    work.connection.execute(update(order_watches).where(mine).values(read_at=read_at, failures=0))


def fail(work: UnitOfWork, tenant_id: str, *, now: datetime) -> None:
    """Record that the org did not answer, or may not be asked now; each failure doubles the pause, up to two minutes."""
    mine = order_watches.c.tenant_id == tenant_id
    failures = work.connection.execute(select(order_watches.c.failures).where(mine)).scalar() or 0
    pause = min(EVERY * 2 ** min(failures + 1, 10), _LONGEST_PAUSE)
    work.connection.execute(update(order_watches).where(mine).values(due_at=now + pause, failures=failures + 1))


def forget(work: UnitOfWork, *, now: datetime) -> None:
    """Delete the rows of orders that no page has shown for a while."""
    work.connection.execute(delete(watched_orders).where(watched_orders.c.seen_at < now - _KEPT_FOR))
