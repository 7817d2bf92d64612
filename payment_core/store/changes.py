"""The record of who changed what of a merchant's configuration, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.row_ids import fitting
from payment_core.store.schema.tables import changes


@dataclass(frozen=True)
class Change:
    """One recorded change; ``detail`` holds no secret."""

    change_id: int
    by: str
    what: str
    detail: str
    at: datetime


def record_change(work: UnitOfWork, merchant_id: str, *, by: str, what: str, detail: str, now: datetime) -> None:
    """Record who changed what of a merchant's configuration; ``detail`` holds no secret."""
    # Cut and not refused: a long name must not stop the change itself.
    row = {"merchant_id": merchant_id, "changed_by": by[:80], "what": what, "detail": detail, "at": now}
    work.connection.execute(insert(changes).values(row))


def listed(work: UnitOfWork, merchant_id: str, *, most: int, before: int | None = None) -> list[Change]:
    """Return a merchant's changes, the newest first; ``before`` is the id of the last one of the page before."""
    c = changes.c
    query = select(c.change_id, c.changed_by, c.what, c.detail, c.at).where(c.merchant_id == merchant_id)
    # By id and not by page number: what is recorded meanwhile must not shift the pages.
    if before is not None:
        query = query.where(c.change_id < fitting(before))
    return [Change(*row) for row in work.connection.execute(query.order_by(c.change_id.desc()).limit(most))]
