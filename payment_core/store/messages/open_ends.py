"""Messages whose end is not known yet, and can be asked for at the account that sent them alone."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.domain.enums import MessageStatus
from payment_core.store.schema.tables import messages


def count_open(work: UnitOfWork, merchant_id: str) -> int:
    """Return of how many messages the messenger is still asked what became of them."""
    m = messages.c
    # An outcome that nobody knows is looked for by `due_at`, a report that did not come by `fate_due_at`.
    is_open = or_(m.fate_due_at.is_not(None), (m.status == MessageStatus.UNKNOWN.value) & m.due_at.is_not(None))
    query = select(func.count()).select_from(messages).where(m.merchant_id == merchant_id, is_open)
    return work.connection.execute(query).scalar_one()
