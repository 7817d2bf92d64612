"""Queries of the examination, about the database and one tenant's rows; none of them writes.

They run rarely, so a query may read more than those of the hot paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from connector.domain.payments.notification import UNREAD_FIELDS
from connector.domain.payments.status import Link, Money
from connector.store.inbox.inbox import KEY_MISSING, Verdict
from connector.store.schema.tables import inbox, launches, outbox, payment_requests, tenants
from foundation.database.database import Database
from foundation.database.outage import reason_of
from foundation.database.unit_of_work import UnitOfWork

# Written as the partial indexes have it, as in ``gauges``.
_DUE = text("due_at IS NOT NULL")


@dataclass(frozen=True)
class Due:
    """How many rows are due now, and since when the first one is."""

    rows: int
    since: datetime | None


def unreachable(database: Database) -> str | None:
    """Return why the database cannot be reached, in words that contain no secret; None where it answers."""
    try:
        database.ping()
    except SQLAlchemyError as error:
        return reason_of(error)
    return None


def connections_used(work: UnitOfWork) -> tuple[int, int]:
    """Return (open connections, the most that PostgreSQL allows)."""
    used = work.connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    return int(used or 0), int(work.connection.scalar(text("SHOW max_connections")) or 0)


def inbox_due(work: UnitOfWork, tenant_id: str, *, now: datetime) -> Due:
    """Return how many of a tenant's inbox entries are due and not claimed."""
    mine = (inbox.c.tenant_id == tenant_id) & (inbox.c.due_at <= now)
    return Due(*work.connection.execute(select(func.count(), func.min(inbox.c.due_at)).where(_DUE, mine)).one())


def undecryptable_news(work: UnitOfWork, tenant_id: str) -> int:
    """Return how many of a tenant's inbox entries wait for an encryption key that is not configured."""
    mine = (inbox.c.tenant_id == tenant_id) & (inbox.c.reason == KEY_MISSING)
    return int(work.connection.execute(select(func.count()).select_from(inbox).where(_DUE, mine)).scalar_one())


def unread_records(work: UnitOfWork, tenant_id: str) -> dict[str, int]:
    """Return how many of a tenant's inbox entries wait for a record of the core that cannot be read, by reason."""
    waits = inbox.c.verdict == Verdict.AWAITING_CONFIRMATION.value
    mine = (inbox.c.tenant_id == tenant_id) & waits & inbox.c.reason.startswith(UNREAD_FIELDS)
    query = select(inbox.c.reason, func.count().label("number")).where(_DUE, mine).group_by(inbox.c.reason)
    return {row.reason: row.number for row in work.connection.execute(query)}


def outbox_due(work: UnitOfWork, tenant_id: str, *, now: datetime) -> Due:
    """Return how many of a tenant's orders are due to be pushed and not claimed."""
    mine = (outbox.c.tenant_id == tenant_id) & (outbox.c.due_at <= now)
    return Due(*work.connection.execute(select(func.count(), func.min(outbox.c.due_at)).where(_DUE, mine)).one())


def buried_news(work: UnitOfWork, tenant_id: str) -> dict[str, int]:
    """Return the number of buried inbox entries by verdict."""
    mine = (text("state = 'buried'"), inbox.c.tenant_id == tenant_id)
    query = select(inbox.c.verdict, func.count().label("number")).where(*mine).group_by(inbox.c.verdict)
    return {row.verdict or "none": row.number for row in work.connection.execute(query)}


def unknown_since(work: UnitOfWork, tenant_id: str) -> Due:
    """Return how many sends have an unknown outcome, and when the first of them was created."""
    p = payment_requests.c
    mine = (text("live AND link = 'unknown'"), p.tenant_id == tenant_id)
    return Due(*work.connection.execute(select(func.count(), func.min(p.created_at)).where(*mine)).one())


def released_since(work: UnitOfWork, tenant_id: str, moment: datetime) -> list[str]:
    """Return the requests that were released since a time and may still be payable."""
    p = payment_requests.c
    open_ended = p.link.in_([Link.UNKNOWN.value, Link.SENT.value, Link.OPENED.value])
    mine = (p.tenant_id == tenant_id, p.released_at >= moment, open_ended, p.money == Money.NONE.value)
    query = select(p.reference).where(*mine).order_by(p.released_at.desc())
    return list(work.connection.execute(query).scalars())


def first_sent_between(work: UnitOfWork, tenant_id: str, *, since: datetime, until: datetime) -> datetime | None:
    """Return when the first request within a span of time was sent."""
    p = payment_requests.c
    mine = (p.tenant_id == tenant_id, p.created_at >= since, p.sent_at.is_not(None), p.sent_at <= until)
    found: datetime | None = work.connection.execute(select(func.min(p.sent_at)).where(*mine)).scalar_one()
    return found


def first_moved_between(work: UnitOfWork, tenant_id: str, *, since: datetime, until: datetime) -> datetime | None:
    """Return when money of a tenant first moved within a span of time."""
    p = payment_requests.c
    mine = (text("money_moved_at IS NOT NULL"), p.tenant_id == tenant_id, p.money_moved_at.between(since, until))
    found: datetime | None = work.connection.execute(select(func.min(p.money_moved_at)).where(*mine)).scalar_one()
    return found


def created_at(work: UnitOfWork, tenant_id: str) -> datetime | None:
    """Return when a tenant was connected."""
    query = select(tenants.c.created_at).where(tenants.c.tenant_id == tenant_id)
    found: datetime | None = work.connection.execute(query).scalar_one_or_none()
    return found


def changed_at(work: UnitOfWork, tenant_id: str) -> datetime | None:
    """Return when a tenant's row was last written."""
    query = select(tenants.c.changed_at).where(tenants.c.tenant_id == tenant_id)
    found: datetime | None = work.connection.execute(query).scalar_one_or_none()
    return found


def last_launch(work: UnitOfWork, tenant_id: str) -> datetime | None:
    """Return when a launch of a tenant was last accepted."""
    query = select(func.max(launches.c.launched_at)).where(launches.c.tenant_id == tenant_id)
    found: datetime | None = work.connection.execute(query).scalar_one()
    return found


def last_launches(work: UnitOfWork, tenant_id: str, *, most: int, user_id: str | None = None) -> dict[str, str]:
    """Return the last order of each of the users who opened one last, by user id; of one user with ``user_id``."""
    mine = launches.c.tenant_id == tenant_id
    if user_id is not None:
        mine &= launches.c.user_id == user_id
    latest = func.max(launches.c.launched_at)
    users = select(launches.c.user_id, latest.label("at")).where(mine).group_by(launches.c.user_id)
    recent = users.order_by(latest.desc()).limit(most).subquery()
    query = (
        select(launches.c.user_id, launches.c.order_id)
        .join(recent, (recent.c.user_id == launches.c.user_id) & (recent.c.at == launches.c.launched_at))
        .where(mine)
    )
    return {row.user_id: row.order_id for row in work.connection.execute(query)}
