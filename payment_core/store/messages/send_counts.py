"""How many messages went out on a day, by number, country and merchant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select

from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into
from payment_core.store.schema.tables import send_counts

_COUNTED = select(send_counts.c.scope, send_counts.c.count).where(
    send_counts.c.scope.in_(bindparam("of_scopes", expanding=True)), send_counts.c.day == bindparam("of_day")
)


def add_one_to_each(work: UnitOfWork, scopes: Sequence[str], day: str) -> None:
    """Count one message of several scopes, in their order."""
    if scopes:
        rows = [{"scope": one, "day": day, "count": 1} for one in scopes]
        work.connection.execute(_add_one(work.connection.dialect.name), rows)


def counts(work: UnitOfWork, scopes: Sequence[str], day: str) -> Mapping[str, int]:
    """Return how many messages each of these scopes had on a day; one that had none is left out."""
    found = work.connection.execute(_COUNTED, {"of_scopes": scopes, "of_day": day})
    return {row[0]: row[1] for row in found}


def erase(work: UnitOfWork, *, before_day: str) -> int:
    """Delete the counts of days before this one; return how many."""
    return work.connection.execute(delete(send_counts).where(send_counts.c.day < before_day)).rowcount


@cache
def _add_one(dialect: str) -> Any:
    one_more = {"count": send_counts.c.count + 1}
    return insert_into(dialect, send_counts).on_conflict_do_update(index_elements=["scope", "day"], set_=one_more)
