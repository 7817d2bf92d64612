"""Erase what the database says of one person, except the account of money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, false, func, or_, select, text

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.erasing.retention import blank_link
from payment_core.store.schema.tables import deliveries, delivery_attempts, links, messages

_PAYABLE = text("links.payable")
_ENDED = text("NOT links.payable")


@dataclass(frozen=True)
class Whom:
    """A person of a merchant, by the digest of a number, by the payer's reference, or by both."""

    merchant_id: str
    phone_key: bytes | None
    payer: str | None


@dataclass(frozen=True)
class Erased:
    """How many rows were blanked or deleted."""

    links: int
    messages: int
    notifications: int


def forget(work: UnitOfWork, whom: Whom) -> Erased:
    """Blank the links that have ended, and delete their messages and notifications that are not under way."""
    rows = work.connection.execute(select(links.c.reference, links.c.merchant_id).where(*_links_of(whom), _ENDED)).all()
    references = [row.reference for row in rows]
    for row in rows:
        blank_link(work, row, payer_reference=None)
    # Those that are still due are not deleted: an application would never learn of a payment.
    notifications = list(
        work.connection.execute(
            select(deliveries.c.delivery_id).where(
                deliveries.c.reference.in_(references), deliveries.c.due_at.is_(None)
            )
        ).scalars()
    )
    work.connection.execute(delete(delivery_attempts).where(delivery_attempts.c.delivery_id.in_(notifications)))
    work.connection.execute(delete(deliveries).where(deliveries.c.delivery_id.in_(notifications)))
    theirs: list[Any] = [messages.c.reference.in_(references)]
    if whom.phone_key is not None:
        theirs.append(messages.c.phone_key == whom.phone_key)
    mine = (messages.c.merchant_id == whom.merchant_id, messages.c.due_at.is_(None), or_(*theirs))
    return Erased(len(rows), work.connection.execute(delete(messages).where(*mine)).rowcount, len(notifications))


def count_open(work: UnitOfWork, whom: Whom) -> int:
    """Return how many of a person's links can still be paid."""
    query = select(func.count()).select_from(links).where(*_links_of(whom), _PAYABLE)
    return int(work.connection.execute(query).scalar_one())


def _links_of(whom: Whom) -> tuple[ColumnElement[bool], ...]:
    # A missing one matches nothing; `IS NULL` would match everybody's links without a payer.
    by_number = links.c.phone_key == whom.phone_key if whom.phone_key is not None else false()
    by_payer = links.c.payer_reference == whom.payer if whom.payer is not None else false()
    return (links.c.merchant_id == whom.merchant_id, or_(by_number, by_payer))
