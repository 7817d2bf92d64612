"""What a report is computed from: the links of a time, and which of their customers had paid before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store.schema.tables import links

_SUCCESSFUL = ("PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED", "PAYMENT_CAPTURED")
# Erased numbers share this digest: counted, they would look like one faithful customer.
_ERASED = bytes(32)


@dataclass(frozen=True)
class ReportScope:
    """Which links: of a merchant, made from ``begin`` to before ``end``; of a channel and an application where named."""

    merchant_id: str
    begin: datetime
    end: datetime
    channel: str | None = None
    application_id: str | None = None


@dataclass(frozen=True)
class Row:
    """What a report needs of one link."""

    application_id: str
    channel: str
    currency: str
    payable: bool
    payment_status: str | None
    total: Decimal
    authorized: Decimal
    captured: Decimal
    reversed: Decimal
    clicked: bool

    @property
    def is_successful(self) -> bool:
        """Whether its money is held or taken."""
        return self.payment_status in _SUCCESSFUL


def rows(work: UnitOfWork, part: ReportScope) -> Iterator[Row]:
    """Yield the links of a part; amounts are added up by the caller, because SQLite would add floats."""
    k = links.c
    query = select(
        *(k.application_id, k.channel, k.currency, k.payable, k.payment_status),
        *(k.total, k.authorized, k.captured, k.reversed, k.clicked_at.is_not(None)),
    ).where(*_of(part))
    # Streamed: a report of a year must not hold all its links in memory.
    for row in work.connection.execute(query, execution_options={"yield_per": 1000}):
        yield Row(*row)


def customers(work: UnitOfWork, part: ReportScope) -> int:
    """Return how many numbers have paid."""
    query = select(func.count(links.c.phone_key.distinct())).where(*_of(part), *_paid(links))
    return int(work.connection.execute(query).scalar_one())


def returning_customers(work: UnitOfWork, part: ReportScope) -> int:
    """Return how many of the numbers that have paid had paid the merchant before the time begins."""
    earlier = links.alias("earlier")
    before = (
        select(earlier.c.reference)
        .where(
            earlier.c.merchant_id == links.c.merchant_id,
            earlier.c.phone_key == links.c.phone_key,
            earlier.c.created_at < part.begin,
            *_paid(earlier),
        )
        .exists()
    )
    query = select(func.count(links.c.phone_key.distinct())).where(*_of(part), *_paid(links), before)
    return int(work.connection.execute(query).scalar_one())


def _of(part: ReportScope) -> list[ColumnElement[bool]]:
    k = links.c
    mine = [k.merchant_id == part.merchant_id, k.created_at >= part.begin, k.created_at < part.end]
    if part.channel is not None:
        mine.append(k.channel == part.channel)
    if part.application_id is not None:
        mine.append(k.application_id == part.application_id)
    return mine


def _paid(table: object) -> tuple[ColumnElement[bool], ...]:
    k = table.c  # type: ignore[attr-defined]
    return (k.payment_status.in_(_SUCCESSFUL), k.phone_key != _ERASED)
