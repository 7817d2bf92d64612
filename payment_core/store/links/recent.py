"""The links of a merchant since a time, for whoever looks through them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import and_, or_, select

from foundation.database.unit_of_work import Transactions, UnitOfWork
from payment_core.domain.attempt import Attempt
from payment_core.store.links.attempts import attempt_of
from payment_core.store.schema.tables import attempts, links

_PAGE = 200


def references_since(transactions: Transactions, merchant_id: str, since: datetime) -> Iterator[str]:
    """Yield the references of links made since a time, the oldest first, each page of them read in a transaction of its own."""
    last: tuple[datetime, str] | None = None
    while True:
        # One transaction over all pages would hold back SQLite's checkpoints for as long as the gateway is asked.
        with transactions.read() as work:
            page = _page(work, merchant_id, since, last)
        yield from (reference for reference, _ in page)
        if len(page) < _PAGE:
            return
        last = (page[-1][1], page[-1][0])


def attempts_of(work: UnitOfWork, reference: str) -> list[Attempt]:
    """Return every attempt to pay a link, the oldest first."""
    query = select(attempts).where(attempts.c.reference == reference)
    rows = work.connection.execute(query.order_by(attempts.c.created_at, attempts.c.attempt_id))
    return [attempt_of(row, work) for row in rows]


def _page(
    work: UnitOfWork, merchant_id: str, since: datetime, last: tuple[datetime, str] | None
) -> list[tuple[str, datetime]]:
    query = select(links.c.reference, links.c.created_at)
    query = query.where(links.c.merchant_id == merchant_id, links.c.created_at >= since)
    # Time and reference together: links of one moment must not be skipped at the border of a page.
    if last is not None:
        later = and_(links.c.created_at == last[0], links.c.reference > last[1])
        query = query.where(or_(links.c.created_at > last[0], later))
    rows = work.connection.execute(query.order_by(links.c.created_at, links.c.reference).limit(_PAGE))
    return [(row.reference, row.created_at) for row in rows]
