"""What the database says of its processes and its queues, for an examination."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import attempts, links, messages, webhooks


def last_webhook(work: UnitOfWork, merchant_id: str, provider: str) -> datetime | None:
    """Return when a provider last reported anything to a merchant."""
    mine = (webhooks.c.merchant_id == merchant_id, webhooks.c.provider == provider)
    found: datetime | None = work.connection.execute(select(func.max(webhooks.c.received_at)).where(*mine)).scalar()
    return found


def unknown_webhooks(work: UnitOfWork, merchant_id: str, provider: str, *, since: datetime, before: datetime) -> int:
    """Return how much a provider reported between two times of payments that we are said to have asked for and do not know."""
    mine = (webhooks.c.merchant_id == merchant_id, webhooks.c.provider == provider, webhooks.c.verdict == "unknown")
    between = (webhooks.c.received_at > since, webhooks.c.received_at < before)
    return work.connection.execute(select(func.count()).select_from(webhooks).where(*mine, *between)).scalar_one()


def last_attempt(work: UnitOfWork, merchant_id: str) -> datetime | None:
    """Return when a merchant's customer last began to pay."""
    mine = attempts.c.merchant_id == merchant_id
    found: datetime | None = work.connection.execute(select(func.max(attempts.c.created_at)).where(mine)).scalar()
    return found


def unknown_messages(work: UnitOfWork, *, since: datetime) -> int:
    """Return how many messages since a time may or may not have been sent."""
    unknown = (messages.c.status == "UNKNOWN", messages.c.created_at > since)
    return work.connection.execute(select(func.count()).select_from(messages).where(*unknown)).scalar_one()


def overdue_links(work: UnitOfWork, *, before: datetime) -> int:
    """Return how many links can still be paid whose time was over before a time."""
    query = select(func.count()).select_from(links).where(text("links.payable"), links.c.expires_at < before)
    return work.connection.execute(query).scalar_one()
