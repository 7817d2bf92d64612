"""How often a message was written about one link."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import messages


def times_of(work: UnitOfWork, reference: str, purpose: str) -> list[datetime]:
    """Return when messages of a purpose were written about a link, the oldest first."""
    of_link = (messages.c.reference == reference) & (messages.c.purpose == purpose)
    return list(
        work.connection.execute(select(messages.c.created_at).where(of_link).order_by(messages.c.created_at)).scalars()
    )
