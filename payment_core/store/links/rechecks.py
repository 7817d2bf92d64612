"""Closed links whose money is looked at once more, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import links


def references_to_look_at(work: UnitOfWork, *, now: datetime, most: int) -> Sequence[str]:
    """Return the references of closed links whose money is due to be looked at once more."""
    query = select(links.c.reference).where(links.c.look_at.is_not(None), links.c.look_at <= now)
    return list(work.connection.execute(query.order_by(links.c.look_at).limit(most)).scalars())


def look_again(work: UnitOfWork, reference: str, *, at: datetime | None, version: int | None = None) -> None:
    """Write when a link's money is looked at once more; None for never. With a ``version``, only if the link still has it."""
    mine = links.c.reference == reference
    if version is not None:
        mine = mine & (links.c.version == version)
    work.connection.execute(update(links).where(mine).values(look_at=at))
