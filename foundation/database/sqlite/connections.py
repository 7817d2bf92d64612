"""SQLite's connections, and transactions that its driver itself begins and ends: SQLAlchemy's own way takes as long as three
prepared statements. It joins such a transaction where one of its statements runs inside.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from foundation.database.columns import exact_sign_of_rest
from foundation.database.prepared import DRIVER, driver_of, translated


def sqlite_engine(url: str) -> Engine:
    """Return the engine of a file."""
    # Without a pool: `Database` keeps its connections itself. A thread that waits for one of a pool does not see those that
    # are given back there, and with more threads than the pool has room for it waited until it gave up.
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, poolclass=NullPool)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _join)
    return engine


def connect(engine: Engine) -> Connection:
    """Return a connection that carries its driver's own."""
    connection = engine.connect()
    return connection.execution_options(**{DRIVER: driver_of(connection)})


def begin(connection: Connection, how: str) -> None:
    """Begin a transaction: ``BEGIN`` or ``BEGIN IMMEDIATE``."""
    try:
        driver_of(connection).execute(how)
    except sqlite3.Error as error:
        raise translated(how, error) from error


def commit(connection: Connection) -> None:
    """Commit the transaction, whether SQLAlchemy has joined it or not."""
    if connection.in_transaction():
        connection.commit()
        return
    try:
        driver_of(connection).commit()
    except sqlite3.Error as error:
        raise translated("COMMIT", error) from error


def _prepare(raw: Any, _record: Any) -> None:
    raw.isolation_level = None  # the driver's own BEGIN is never IMMEDIATE: we send it ourselves
    raw.create_function("sign_of_rest", -1, exact_sign_of_rest, deterministic=True)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        raw.execute(f"PRAGMA {pragma}").close()


def _join(connection: Connection) -> None:
    """Begin what SQLAlchemy thinks to begin, unless it has begun already."""
    if not driver_of(connection).in_transaction:
        begin(connection, "BEGIN")
