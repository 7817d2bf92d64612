"""Until when a merchant's provider was asked for what never reached us, and when it is asked again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import searches


def claim(
    work: UnitOfWork, merchant_id: str, what: str, *, now: datetime, next_at: datetime, first: datetime
) -> datetime | None:
    """Return since when to search now, ``first`` where there was none before; None where it is not due, or another searches."""
    mine = (searches.c.merchant_id == merchant_id, searches.c.what == what)
    due = update(searches).where(*mine, searches.c.due_at <= now).values(due_at=next_at)
    if work.connection.execute(due).rowcount:
        since: datetime = work.connection.execute(select(searches.c.searched_until).where(*mine)).scalar_one()
        return since
    values = {"merchant_id": merchant_id, "what": what, "searched_until": first, "due_at": next_at}
    try:
        with work.connection.begin_nested():  # a savepoint: on PostgreSQL the error would end the transaction
            work.connection.execute(insert(searches).values(values))
    except IntegrityError:
        return None
    return first


def conclude(work: UnitOfWork, merchant_id: str, what: str, *, until: datetime) -> None:
    """Write until when everything was found."""
    mine = (searches.c.merchant_id == merchant_id, searches.c.what == what)
    work.connection.execute(update(searches).where(*mine).values(searched_until=until))
