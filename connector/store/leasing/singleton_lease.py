"""A lease for work that only one worker of a fleet may do at a time.

A turn is a row, not a lock of a session: a paused worker keeps its connection, and with it such a lock, for hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema.tables import turns
from connector.store.unit_of_work import UnitOfWork


def acquire(work: UnitOfWork, name: str, *, lease: str, until: datetime, living: Sequence[str], now: datetime) -> bool:
    """Take a turn that nobody has, or whose holder's time is over or who is not among ``living``; return whether it is ours.

    ``lease`` is the owner, a dot and something that no other turn has; PostgreSQL only.
    """
    values = {"lease": lease, "lease_until": until}
    gone = (turns.c.lease_until <= now) | func.split_part(turns.c.lease, ".", 1).not_in(living)
    ours = (
        insert(turns)
        .values(name=name, **values)
        .on_conflict_do_update(index_elements=["name"], set_=values, where=gone)
    )
    return work.connection.execute(ours.returning(turns.c.name)).first() is not None


def release(work: UnitOfWork, lease: str) -> None:
    """Give a turn back; one that somebody else has taken over meanwhile stays theirs."""
    work.connection.execute(delete(turns).where(turns.c.lease == lease))
