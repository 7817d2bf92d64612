"""A lease for work that only one worker of a fleet may do at a time.

It is a row and not a session lock, because a paused worker keeps its connection, and such a lock, for hours (ADR 11).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert

from connector.store.schema.tables import turns
from foundation.database.unit_of_work import UnitOfWork


def acquire(work: UnitOfWork, name: str, *, lease: str, until: datetime, living: Sequence[str], now: datetime) -> bool:
    """Take a turn that is free, expired, or held by a worker that is not among ``living``; return whether it is ours.

    ``lease`` is the owner, a dot and a unique rest. PostgreSQL only.
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
    """Release a turn, unless another worker has taken it over meanwhile."""
    work.connection.execute(delete(turns).where(turns.c.lease == lease))
