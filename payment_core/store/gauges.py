"""The numbers that are read from the database for each scrape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, func, select, text

from foundation.database.unit_of_work import UnitOfWork
from payment_core.store import leases
from payment_core.store.schema.tables import attempts, deliveries, links, messages, webhooks

_QUEUES: Mapping[str, Table] = {"messages": messages, "webhooks": webhooks, "deliveries": deliveries}


@dataclass(frozen=True)
class Levels:
    """How much waits, is open, or needs a person."""

    payable: int
    attention: Mapping[str, int]
    live_attempts: Mapping[str, int]
    waiting: Mapping[str, int]
    overdue_seconds: Mapping[str, float]
    parked: int
    workers: int | None  # None where the one process works by itself


def levels(work: UnitOfWork, *, now: datetime) -> Levels:
    """Read all numbers; each through a partial index, so that a scrape costs what waits and not what is stored."""
    waiting, overdue = {}, {}
    for name, table in _QUEUES.items():
        # As text: SQLite takes a partial index only where the condition reads as the index has it.
        query = select(func.count(), func.min(table.c.due_at)).where(text("due_at IS NOT NULL"))
        number, first = work.connection.execute(query).one()
        waiting[name] = number
        # What is due in the future waits by plan and is not late.
        overdue[name] = max(0.0, (now - first).total_seconds()) if first else 0.0
    fleet = work.connection.dialect.name == "postgresql"
    return Levels(
        payable=_count(work, links, "payable"),
        attention=_by(work, links, links.c.attention, "attention IS NOT NULL"),
        live_attempts=_by(work, attempts, attempts.c.state, "state <> 'ended'"),
        waiting=waiting,
        overdue_seconds=overdue,
        parked=_count(work, deliveries, "state = 'parked'"),
        workers=leases.living(work, now=now) if fleet else None,
    )


def _count(work: UnitOfWork, table: Table, condition: str) -> int:
    return int(work.connection.execute(select(func.count()).select_from(table).where(text(condition))).scalar_one())


def _by(work: UnitOfWork, table: Table, column: Any, condition: str) -> dict[str, int]:
    query = select(column, func.count()).select_from(table).where(text(condition)).group_by(column)
    return {str(value): int(number) for value, number in work.connection.execute(query)}
