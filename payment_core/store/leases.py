"""Release of claimed rows, and the signs of life of the processes that claim them.

A lease is named ``owner.random``: the owner is a process, the rest is the fence that a late outcome does not pass.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into
from payment_core.store.schema.tables import attempts, deliveries, messages, money_moves, webhooks, workers

CLAIMED = (attempts, money_moves, messages, webhooks, deliveries)
# Several signs may be missed, as under a database that is slow for a moment.
ALIVE_FOR = timedelta(seconds=30)
# Long enough for a person to see in the table which process died last night.
_FORGOTTEN_AFTER = timedelta(days=1)


def release_all(work: UnitOfWork) -> None:
    """Release every claimed row; for the one process of an embedded database, at its start and its end."""
    _release(work, None)


def release_owner(work: UnitOfWork, owner: str) -> None:
    """Release what one process has claimed and not finished, and its sign of life."""
    _release(work, owner)
    work.connection.execute(delete(workers).where(workers.c.owner == owner))


def sign_of_life(work: UnitOfWork, owner: str, *, now: datetime) -> None:
    """Write that a process is alive, and forget those that died long ago."""
    made = insert_into(work.connection.dialect.name, workers).values(owner=owner, seen_at=now)
    work.connection.execute(made.on_conflict_do_update(index_elements=["owner"], set_={"seen_at": now}))
    work.connection.execute(delete(workers).where(workers.c.seen_at < now - _FORGOTTEN_AFTER))


def living(work: UnitOfWork, *, now: datetime) -> int:
    """Return how many processes gave a sign of life lately."""
    query = select(func.count()).select_from(workers).where(workers.c.seen_at > now - ALIVE_FOR)
    return work.connection.execute(query).scalar_one()


def _release(work: UnitOfWork, owner: str | None) -> None:
    for table in CLAIMED:
        # With the dot, so that "web1" does not release what "web12" holds.
        theirs = table.c.lease.is_not(None) if owner is None else table.c.lease.startswith(f"{owner}.")
        work.connection.execute(update(table).where(theirs).values(lease=None, lease_until=None))
