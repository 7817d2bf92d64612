"""Column types that both databases store in the same way (UTC times, exact amounts), and the metadata of all tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Integer, MetaData, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeDecorator

metadata = MetaData()
_WITHOUT_ZONE = len("2026-11-21 10:43:10.000000")


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, always UTC in Python, because SQLite stores no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment_as_stored(moment: datetime | None) -> str | None:
    """Return a time as SQLAlchemy stores it in SQLite, in a tenth of the time."""
    if moment is None:
        return None
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat(" ", "microseconds")[:_WITHOUT_ZONE]


def stored_moment(text: str | None) -> datetime | None:
    """Return the time that SQLite has stored."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text is not None else None


class Amount(TypeDecorator[Decimal]):
    """An exact amount, stored as text because SQLite would turn it into a float."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return amount_as_stored(value) if value is not None else None

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        return Decimal(value) if value is not None else None


def amount_as_stored(amount: Decimal) -> str:
    """Return an amount as both databases store it."""
    return format(amount, "f")


def only_where(condition: str) -> dict[str, str]:
    """Return the info that marks an index as partial; migrations create it with each dialect's own option."""
    # The option itself would load PostgreSQL's dialect into every process on SQLite: 2 MiB and a tenth of its start.
    return {"where": condition}


class sign_of_rest(GenericFunction[int]):  # noqa: N801 - a function of SQL
    """The sign (-1, 0, 1) of the first amount less all others, exactly."""

    type = Integer()
    inherit_cache = True


@compiles(sign_of_rest)
def _sign_of_rest(element: sign_of_rest, compiler: Any, **options: Any) -> str:
    amounts = [f"CAST({compiler.process(one, **options)} AS NUMERIC)" for one in element.clauses]
    return f"sign({' - '.join(amounts)})"


@compiles(sign_of_rest, "sqlite")
def _sign_of_rest_on_sqlite(element: sign_of_rest, compiler: Any, **options: Any) -> str:
    # SQLite has no exact numbers with decimals; every connection has this function, see ``database``.
    return f"sign_of_rest({', '.join(compiler.process(one, **options) for one in element.clauses)})"


def exact_sign_of_rest(first: str | None, *others: str | None) -> int | None:
    """Do for SQLite what ``sign_of_rest`` says."""
    if first is None or None in others:
        return None
    rest = Decimal(first) - sum((Decimal(one) for one in others if one is not None), Decimal(0))
    return (rest > 0) - (rest < 0)
