"""What a database sees of a process that was paused in the middle of a statement."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import text

from foundation.database.database import Database

_STUCK = text("SELECT 1 FROM pg_stat_activity WHERE pid = :pid AND state = 'active' AND wait_event_type = 'Client'")


@contextmanager
def paused_amid(database: Database, statement: str) -> Iterator[psycopg.Connection]:
    """Begin a pipeline, as ``executemany`` does, whose end never comes: the server runs the statement and waits for more."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")  # the transaction has begun
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        raw.pgconn.enter_pipeline_mode()
        raw.pgconn.send_query_params(statement.encode(), [])
        raw.pgconn.send_flush_request()
        raw.pgconn.flush()
        try:
            _until_stuck(database, raw.info.backend_pid)
            yield raw
        finally:
            connection.invalidate()


def _until_stuck(database: Database, pid: int) -> None:
    ends_at = time.monotonic() + 30
    while time.monotonic() < ends_at:
        with database.read() as connection:
            if connection.execute(_STUCK, {"pid": pid}).first():
                return
        time.sleep(0.01)
    raise AssertionError("the server does not wait for the rest of the statement")
