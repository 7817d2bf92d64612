"""Outbox rows that are made due again although their push succeeded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, update

from connector.store.outbox.outbox import OutboxState
from connector.store.schema.tables import outbox
from foundation.database.unit_of_work import UnitOfWork


def push_again(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str], *, now: datetime) -> None:
    """Make orders due again, with their requests, because Salesforce shows an older version than was written."""
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(order_ids), outbox.c.lease_until.is_(None))
    change = {
        "due_at": now,
        "state": OutboxState.WAITING,
        "requests_version": 0,
        "pushed_version": 0,
        "attempts": 0,
        # The org shows an older version, as after a restore: the Status that was written then is gone, too.
        "written_state": None,
        "blocked_by": None,
        "refusal": None,
    }
    work.connection.execute(update(outbox).where(mine).values(change))


def write_requests_again(work: UnitOfWork, tenant_id: str, order_ids: Sequence[str], *, now: datetime) -> None:
    """Make orders due again for their request records only; a Status that was written once is not written again."""
    mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id.in_(order_ids), outbox.c.lease_until.is_(None))
    change = {"due_at": now, "state": OutboxState.WAITING, "requests_version": 0, "attempts": 0}
    work.connection.execute(update(outbox).where(mine).values(change))


def push_later(work: UnitOfWork, tenant_id: str, due: Mapping[str, datetime]) -> None:
    """Make written orders due at a later time, since something about them becomes true by time alone."""
    for order_id, at in due.items():
        mine = and_(outbox.c.tenant_id == tenant_id, outbox.c.order_id == order_id, outbox.c.due_at.is_(None))
        work.connection.execute(update(outbox).where(mine, outbox.c.lease_until.is_(None)).values(due_at=at))
