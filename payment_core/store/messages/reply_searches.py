"""Until when a merchant's messenger was asked for what customers wrote, and when it is asked again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import reply_searches


def claim(work: UnitOfWork, merchant_id: str, *, now: datetime, next_at: datetime, first: datetime) -> datetime | None:
    """Return since when to search now, ``first`` where nobody did before; None where it is not due, or another searches."""
    mine = reply_searches.c.merchant_id == merchant_id
    due = update(reply_searches).where(mine, reply_searches.c.due_at <= now).values(due_at=next_at)
    if work.connection.execute(due).rowcount:
        since: datetime = work.connection.execute(select(reply_searches.c.searched_until).where(mine)).scalar_one()
        return since
    values = {"merchant_id": merchant_id, "searched_until": first, "due_at": next_at}
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            work.connection.execute(insert(reply_searches).values(values))
    except IntegrityError:
        return None
    return first


def conclude(work: UnitOfWork, merchant_id: str, *, until: datetime) -> None:
    """Write until when everything was found."""
    mine = reply_searches.c.merchant_id == merchant_id
    work.connection.execute(update(reply_searches).where(mine).values(searched_until=until))
