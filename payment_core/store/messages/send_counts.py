"""How many messages went out on a day, by number, country and merchant."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import send_counts


def add_one(work: UnitOfWork, scope: str, day: str) -> None:
    """Count one message of a scope."""
    mine = (send_counts.c.scope == scope, send_counts.c.day == day)
    # Raised in the database: read and written here, two at once would count as one.
    raised = update(send_counts).where(*mine).values(count=send_counts.c.count + 1)
    if work.connection.execute(raised).rowcount:
        return
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            work.connection.execute(insert(send_counts).values(scope=scope, day=day, count=1))
    except IntegrityError:
        # Another transaction counted the day's first message meanwhile.
        work.connection.execute(raised)


def total(work: UnitOfWork, scopes: Sequence[str], day: str) -> int:
    """Return how many messages these scopes had on a day."""
    query = select(func.sum(send_counts.c.count)).where(send_counts.c.scope.in_(scopes), send_counts.c.day == day)
    return int(work.connection.execute(query).scalar() or 0)


def erase(work: UnitOfWork, *, before_day: str) -> int:
    """Delete the counts of days before this one; return how many."""
    return work.connection.execute(delete(send_counts).where(send_counts.c.day < before_day)).rowcount
