"""Figures for metrics: how much waits, is stuck or is live now, without reading a whole table.

Every query is served by a partial index that holds only what it counts. Finished entries, millions of them, are not
counted here; the counters of verdicts show them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from connector.domain.payments.status import Link, Money, States, Status, status_of
from connector.store.schema.tables import inbox, outbox, payment_requests
from foundation.database.unit_of_work import UnitOfWork

# A worker signs every two seconds; a machine that is busy may miss a few.
SIGN_OF_LIFE_SECONDS = 15
MOST = 50_000  # the gauge counts no further, so that the scrape stays quick


@dataclass(frozen=True)
class Levels:
    """What waits and what is stuck. Ages are in seconds; 0 where nothing waits."""

    inbox: dict[tuple[str, ...], int]  # by state and verdict
    outbox_waiting: int
    outbox_overdue_seconds: float
    outbox_buried: int
    outbox_refused: int
    outbox_blocked: int
    live_requests: dict[Status, int]
    unknown_age_seconds: float
    workers: int | None  # None where one process answers and works


def levels(work: UnitOfWork, *, now: datetime) -> Levels:
    """Read all levels as they are now."""
    # Conditions are written as the partial indexes have them, or SQLite does not use those.
    due = text("due_at IS NOT NULL")
    waiting = work.connection.execute(
        select(func.count(), func.min(outbox.c.due_at)).select_from(outbox).where(due)
    ).one()
    unknown = text("live AND link = 'unknown'")
    oldest = work.connection.execute(select(func.min(payment_requests.c.created_at)).where(unknown)).scalar_one()
    return Levels(
        inbox=_inbox(work),
        outbox_waiting=waiting[0],
        outbox_overdue_seconds=_age(waiting[1], now),
        outbox_buried=_stuck(work, "state = 'buried'"),
        outbox_refused=_stuck(work, "state = 'refused'"),
        outbox_blocked=_stuck(work, "blocked_by IS NOT NULL"),
        live_requests=_live(work),
        unknown_age_seconds=_age(oldest, now),
        workers=_workers(work),
    )


def _inbox(work: UnitOfWork) -> dict[tuple[str, ...], int]:
    found: Counter[tuple[str, ...]] = Counter()
    for condition in ("due_at IS NOT NULL", "state = 'buried'"):
        query = select(inbox.c.state, inbox.c.verdict).where(text(condition)).limit(MOST)
        found.update((state, verdict or "none") for state, verdict in work.connection.execute(query))
    return dict(found)


def _stuck(work: UnitOfWork, condition: str) -> int:
    number: int = work.connection.execute(select(func.count()).select_from(outbox).where(text(condition))).scalar_one()
    return number


def _live(work: UnitOfWork) -> dict[Status, int]:
    p = payment_requests.c
    query = select(p.link, p.money, func.count().label("number")).where(text("live")).group_by(p.link, p.money)
    found: dict[Status, int] = {}
    for row in work.connection.execute(query):
        status = status_of(States(link=Link(row.link), money=Money(row.money)))
        found[status] = found.get(status, 0) + row.number
    return found


def _workers(work: UnitOfWork) -> int | None:
    if work.connection.dialect.name != "postgresql":
        return None
    from foundation.database.postgres.jobs import living  # noqa: PLC0415 only a fleet has it installed

    return len(living(work.connection, within_seconds=SIGN_OF_LIFE_SECONDS))


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def due_entries(work: UnitOfWork, *, now: datetime, most: int) -> int:
    """Return the number of due inbox entries, ``most`` at the most."""
    some = select(inbox.c.digest).where(inbox.c.due_at <= now).limit(most).subquery()
    return int(work.connection.execute(select(func.count()).select_from(some)).scalar_one())
