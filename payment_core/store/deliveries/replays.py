"""Queue notifications again that were delivered or given up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.deliveries.delivery_list import DeliveryFilter
from payment_core.store.schema.tables import deliveries

# What waits anyway is not queued twice.
_ENDED = deliveries.c.due_at.is_(None)


def count_replayable(work: UnitOfWork, wanted: DeliveryFilter) -> int:
    """Return how many of the wanted deliveries have ended and would be sent again."""
    query = wanted.of(select(func.count()).select_from(deliveries)).where(_ENDED)
    return int(work.connection.execute(query).scalar_one())


def replay(work: UnitOfWork, wanted: DeliveryFilter, *, now: datetime, seen: int | None = None) -> int:
    """Make the wanted deliveries that have ended due again, in their old order, and return how many.

    ``seen``: only what was sent again so often, as a person was shown it. Each keeps its id and body, so that a receiver
    recognises what it took already, and gets three days anew.
    """
    ids = wanted.of(select(deliveries.c.delivery_id)).where(_ENDED)
    if seen is not None:
        ids = ids.where(deliveries.c.replays == seen)
    values = {"state": "pending", "due_at": now, "queued_at": now}
    # In one statement: a replay of a whole day must not load its bodies.
    again = update(deliveries).where(deliveries.c.delivery_id.in_(ids.scalar_subquery()))
    return work.connection.execute(again.values(replays=deliveries.c.replays + 1, **values)).rowcount
