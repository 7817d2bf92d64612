"""Statements that are compiled once, for what runs several times in every request.

Building a statement costs SQLAlchemy more than running it does SQLite, and so does its way of running it: there the driver
itself runs the compiled text, with the columns' own types. PostgreSQL's round trip outweighs both.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Connection, Dialect, Executable, LargeBinary, Select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from foundation.database.columns import Amount, UtcDateTime, amount_as_stored, moment_as_stored, stored_moment

# The name of an execution option.
DRIVER = "chat2pay_driver"
Convert = Callable[[Any], Any] | None


class Prepared:
    """A statement of SQLAlchemy Core whose values are named by ``bindparam``, or by an insert's or update's columns."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, ...], _OnSqlite] = {}

    def one(self, connection: Connection, **values: Any) -> Any:
        """Return the only row, its columns as attributes; None where there is none."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self.statement, values).one_or_none()
        return next(iter(self._on_sqlite(connection, values).rows(connection, values)), None)

    def every(self, connection: Connection, **values: Any) -> Sequence[Any]:
        """Return all rows, as ``one`` does one."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self.statement, values).all()
        return self._on_sqlite(connection, values).rows(connection, values)

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Insert or update, and return how many rows there were.

        Raises:
            IntegrityError: a constraint refuses it.
        """
        if connection.dialect.name != "sqlite":
            return connection.execute(self.statement, values).rowcount
        return self._on_sqlite(connection, values).run(connection, values)

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert or update once for each of these, which have the same names."""
        if connection.dialect.name != "sqlite":
            connection.execute(self.statement, rows)
        elif rows:
            self._on_sqlite(connection, rows[0]).run_each(connection, rows)

    def _on_sqlite(self, connection: Connection, values: Mapping[str, Any]) -> _OnSqlite:
        names = tuple(values)
        known = self._compiled.get(names)
        if known is None:
            known = self._compiled[names] = _OnSqlite(self.statement, connection.dialect, names)
        return known


class _OnSqlite:
    """A statement as SQLite's driver takes it, for values of these names."""

    def __init__(self, statement: Any, dialect: Dialect, names: Sequence[str]) -> None:
        compiled: SQLCompiler = statement.compile(
            dialect=dialect, column_keys=None if isinstance(statement, Select) else names
        )
        self._sql = str(compiled)
        self._names = tuple(compiled.positiontup or ())
        self._bound = _conversions([compiled.binds[name].type for name in self._names], _to_database, dialect)
        self._given = {name: value for name, value in compiled.params.items() if name not in names}
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._row: Any = namedtuple("_row", [column.key for column in columns])  # type: ignore[misc]
        self._found = _conversions([column.type for column in columns], _from_database, dialect)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Return the rows of a query."""
        found = self._executed(connection, values).fetchall()
        return [self._made(list(row)) for row in found] if found else []

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Return how many rows were written."""
        return self._executed(connection, values).rowcount

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write one after the other."""
        sent = [self._sent(row) for row in rows]
        try:
            driver_of(connection).executemany(self._sql, sent)
        except sqlite3.Error as error:
            raise translated(self._sql, error) from error

    def _executed(self, connection: Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        try:
            return driver_of(connection).execute(self._sql, self._sent(values))
        except sqlite3.Error as error:
            raise translated(self._sql, error) from error

    def _sent(self, values: Mapping[str, Any]) -> list[Any]:
        bound = {**self._given, **values} if self._given else values
        sent = [bound[name] for name in self._names]
        for place, convert in self._bound:
            # Most columns that may be empty are, and None is NULL whatever the type.
            if (value := sent[place]) is not None:
                sent[place] = convert(value)
        return sent

    def _made(self, found: list[Any]) -> Any:
        for place, convert in self._found:
            if (value := found[place]) is not None:
                found[place] = convert(value)
        return self._row._make(found)


def driver_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's own connection of one on SQLite."""
    # The connection that writes carries it: it is asked for several times by each statement.
    driver: sqlite3.Connection | None = connection.get_execution_options().get(DRIVER)
    return connection.connection.driver_connection if driver is None else driver  # type: ignore[return-value]


def translated(sql: str, error: sqlite3.Error) -> DBAPIError:
    """Return the error as SQLAlchemy itself would raise it, without the values."""
    kinds = ((sqlite3.IntegrityError, IntegrityError), (sqlite3.OperationalError, OperationalError))
    kind = next((ours for theirs, ours in kinds if isinstance(error, theirs)), DBAPIError)
    return kind(sql, None, error)


def _conversions(
    kinds: Iterable[TypeEngine[Any]], of: Callable[[TypeEngine[Any], Dialect], Convert], dialect: Dialect
) -> list[tuple[int, Callable[[Any], Any]]]:
    """Return the places of values that are stored in another form, each with what converts it."""
    found = ((place, of(kind, dialect)) for place, kind in enumerate(kinds))
    return [(place, convert) for place, convert in found if convert is not None]


def _to_database(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    if isinstance(kind, UtcDateTime):
        return moment_as_stored
    if isinstance(kind, Amount):
        return amount_as_stored
    # The driver itself takes bytes, True and False.
    if isinstance(kind, LargeBinary | Boolean):
        return None
    convert: Convert = kind.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _from_database(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    if isinstance(kind, UtcDateTime):
        return stored_moment
    if isinstance(kind, Amount):
        return Decimal
    convert: Convert = kind.dialect_impl(dialect).result_processor(dialect, None)
    return convert
