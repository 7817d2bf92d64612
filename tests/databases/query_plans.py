"""What a database plans for the statements of a query: which tables it reads from end to end."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, Engine, MetaData, event, insert

from foundation.database import prepared
from foundation.database.database import Database
from foundation.database.prepared import driver_of
from foundation.database.unit_of_work import UnitOfWork
from foundation.encryption.vault import Vault
from tests.databases.postgres import Cluster

Statement = tuple[str, Any]


def url_of(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the address of a new database of the kind that the fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'explain.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.fresh()


def fill(database: Database, metadata: MetaData, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Insert rows by table, and let PostgreSQL count them, as it does by itself; SQLite plans without."""
    with database.write() as connection:
        for table, some in rows.items():
            connection.execute(insert(metadata.tables[table]), list(some))
    if database.is_fleet:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")


@contextmanager
def recorded(target: Engine | Connection) -> Iterator[list[Statement]]:
    """Record the statements that an engine or a connection runs, with their parameters."""
    said: list[Statement] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if re.match(r"SELECT|UPDATE|INSERT|WITH", statement) and "advisory" not in statement:
            said.append((statement, parameters[0] if many else parameters))

    event.listen(target, "before_cursor_execute", note)
    with _prepared_too(said):
        yield said
    event.remove(target, "before_cursor_execute", note)


@contextmanager
def _prepared_too(said: list[Statement]) -> Iterator[None]:
    """Record prepared statements as well, which SQLite's driver runs by itself."""

    @dataclass
    class Noting:
        driver: sqlite3.Connection

        def execute(self, sql: str, sent: list[Any]) -> sqlite3.Cursor:
            said.append((sql, tuple(sent)))
            return self.driver.execute(sql, sent)

        def executemany(self, sql: str, rows: list[list[Any]]) -> sqlite3.Cursor:
            said.extend((sql, tuple(sent)) for sent in rows[:1])
            return self.driver.executemany(sql, rows)

    with patch.object(prepared, "driver_of", lambda connection: Noting(driver_of(connection))):
        yield


def statements_of(connection: Connection, query: Callable[[UnitOfWork], Any], *, vault: Vault) -> list[Statement]:
    """Run a query in a savepoint that is rolled back, and return the statements it is made of."""
    with recorded(connection) as said, connection.begin_nested() as savepoint:
        query(UnitOfWork(connection, vault))
        savepoint.rollback()
    assert said
    return said


def plan_of(connection: Connection, statement: Statement) -> str:
    """Return the plan of a statement as the database prints it."""
    explain, place = ("EXPLAIN QUERY PLAN", 3) if connection.dialect.name == "sqlite" else ("EXPLAIN", 0)
    return "\n".join(row[place] for row in connection.exec_driver_sql(f"{explain} {statement[0]}", statement[1]))


def scanned(plan: str, names: Collection[str]) -> list[str]:
    """Return which of the named tables are read from end to end; reading what a subquery found is no such thing."""
    # Nor is a partial index, which has few rows. SQLite's own, of a key, has all.
    found = re.findall(r"Seq Scan on (\w+)|SCAN (\w+)\b(?! USING (?:COVERING )?INDEX (?!sqlite_autoindex))", plan)
    return [name for pair in found for name in pair if name in names]


def assert_no_scan(connection: Connection, statements: Iterable[Statement], names: Collection[str]) -> None:
    """Fail with statement and plan where one of the named tables is read from end to end."""
    for statement in statements:
        plan = plan_of(connection, statement)
        assert not scanned(plan, names), f"{statement[0]}\n\n{plan}"
