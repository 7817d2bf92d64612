"""Erase what is older than a deployment wants to hold: numbers and contents go, the account of money stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, delete, select, text, update

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import deliveries, delivery_attempts, links, messages, webhooks

# A row of a queue that is still due is work, however old it is.
_QUEUES: tuple[tuple[Table, Column[Any], Column[Any]], ...] = (
    (messages, messages.c.message_id, messages.c.changed_at),
    (webhooks, webhooks.c.webhook_id, webhooks.c.received_at),
    (deliveries, deliveries.c.delivery_id, deliveries.c.created_at),
)


def erase_queues(work: UnitOfWork, *, before: datetime, most: int) -> int:
    """Delete messages, webhooks and deliveries that ended before a time, ``most`` of each; return how many."""
    erased = 0
    for table, key, moment in _QUEUES:
        query = select(key).where(moment < before, table.c.due_at.is_(None)).order_by(moment).limit(most)
        ids = list(work.connection.execute(query).scalars())
        if not ids:
            continue
        if table is deliveries:
            work.connection.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(ids)))
        work.connection.execute(delete(table).where(key.in_(ids)))
        erased += len(ids)
    return erased


def erase_numbers(work: UnitOfWork, *, before: datetime, most: int) -> int:
    """Blank number, lines and the caller's own data of links that were made before a time; return how many."""
    # A link that can still be paid is not blanked, however old: its receipt needs the number.
    old = (links.c.created_at < before, links.c.lines != _ERASED, text("NOT links.payable"))
    query = select(links.c.reference, links.c.merchant_id).where(*old).order_by(links.c.created_at).limit(most)
    rows = work.connection.execute(query).all()
    for row in rows:
        blank_link(work, row)
    return len(rows)


def blank_link(work: UnitOfWork, row: Any, **more: Any) -> None:
    """Blank number, lines and the caller's own data of a link, and ``more`` columns of it."""
    blank = {
        # Sealed like any number, so that readers need no second case.
        "phone": work.vault.seal(row.merchant_id, b""),
        # Nothing is ever looked up by this again.
        "phone_key": bytes(32),
        "lines": _ERASED,
        "additional_data": "{}",
        "reply_code_key": None,
        "reply_digest": None,
    }
    work.connection.execute(update(links).where(links.c.reference == row.reference).values(blank | more))


# An empty list as this module alone writes it: what was erased is not erased again.
_ERASED = "[ ]"
