"""How many messages went out on a day, by number, country and merchant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from sqlalchemy import bindparam, delete, select

from foundation.database.prepared import Prepared
from foundation.database.unit_of_work import UnitOfWork
from foundation.database.upsert import insert_into
from payment_core.store.schema.tables import send_counts


def add_one(work: UnitOfWork, scopes: Sequence[str], day: str) -> None:
    """Count one message in each of these scopes; their rows are locked in this order."""
    if scopes:
        names = {f"scope_{place}": scope for place, scope in enumerate(scopes)}
        _add_one(work.connection.dialect.name, len(scopes)).run(work.connection, {"day": day, **names})


def counts(work: UnitOfWork, scopes: Sequence[str], day: str) -> Mapping[str, int]:
    """Return how many messages each of these scopes had on a day; one that had none is left out."""
    names = {f"of_scope_{place}": scope for place, scope in enumerate(scopes)}
    return {row[0]: row[1] for row in _counts(len(scopes)).every(work.connection, of_day=day, **names)}


def erase(work: UnitOfWork, *, before_day: str) -> int:
    """Delete the counts of days before this one; return how many."""
    return work.connection.execute(delete(send_counts).where(send_counts.c.day < before_day)).rowcount


@cache
def _counts(scopes: int) -> Prepared:
    named = send_counts.c.scope.in_([bindparam(f"of_scope_{place}") for place in range(scopes)])
    query = select(send_counts.c.scope, send_counts.c.count)
    return Prepared(query.where(named, send_counts.c.day == bindparam("of_day")))


@cache
def _add_one(dialect: str, scopes: int) -> Prepared:
    rows = [{"scope": bindparam(f"scope_{place}"), "day": bindparam("day"), "count": 1} for place in range(scopes)]
    # Raised in the database: read and written here, two at once would count as one.
    one_more = {"count": send_counts.c.count + 1}
    new = insert_into(dialect, send_counts).values(rows)
    return Prepared(new.on_conflict_do_update(index_elements=["scope", "day"], set_=one_more))
