"""Database engines of one test process that share what costs time to make: statements, and connections to PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import procrastinate
import psycopg
import psycopg_pool
import pytest
from sqlalchemy import Dialect, Engine, Pool, QueuePool, create_engine, event

from foundation.database import database
from foundation.database.sqlite.connections import sqlite_engine

_statements: dict[str, tuple[Dialect, dict[Any, Any]]] = {}
_pools: dict[tuple[str, int], Pool] = {}
_job_pools: dict[str, psycopg_pool.ConnectionPool[Any]] = {}
# The process ids of the sessions of these pools, and of those that were ended since.
_kept: set[int] = set()
_ended: set[int] = set()


def share_statements(engine: Engine) -> None:
    """Let this engine use the statements that others have compiled.

    SQLAlchemy keeps statements by dialect, and each engine makes one of its own.
    """
    engine.dialect, compiled = _statements.setdefault(engine.dialect.name, (engine.dialect, {}))
    engine.update_execution_options(compiled_cache=compiled)


def share_statements_of_files() -> None:
    """Let every database of SQLite that this process opens use the statements of all others, from its first statement on."""
    # A dialect asks its first connection what the library can do: this one has.
    asked = create_engine("sqlite://")
    asked.connect().close()
    asked.dispose()
    share_statements(asked)

    def opened(url: str) -> Engine:
        engine = sqlite_engine(url)
        share_statements(engine)
        return engine

    pytest.MonkeyPatch().setattr(database, "sqlite_engine", opened)


def share(engine: Engine) -> None:
    """Let this engine use the statements that others have compiled and, on PostgreSQL, the connections that they opened.

    A new session of PostgreSQL costs as much as a short test: a process, and a look at every table that it meets.
    """
    own = engine.dialect
    share_statements(engine)
    if engine.dialect.name == "postgresql":
        assert isinstance(engine.pool, QueuePool)
        known = (engine.url.render_as_string(hide_password=False), engine.pool.size())
        if known not in _pools:
            _pools[known] = _keep(engine.pool, own)
        engine.pool = _pools[known]


@contextmanager
def shared_job_sessions() -> Iterator[None]:
    """Let the job engines that are made meanwhile share their sessions of PostgreSQL, by database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(procrastinate, "SyncPsycopgConnector", _Sharing)
        yield


class _Sharing(procrastinate.SyncPsycopgConnector):
    """Opens what an earlier one of the same database has opened. None closes it: the pool is not its own."""

    def __init__(self, *, conninfo: str, kwargs: dict[str, Any], **bounds: Any) -> None:
        super().__init__(conninfo=conninfo, kwargs=kwargs, **bounds)
        self._of_pool = {"conninfo": conninfo, "kwargs": kwargs, **bounds}

    def open(self, pool: psycopg_pool.ConnectionPool[Any] | None = None) -> None:
        """Open the pool of this database, for the first time or anew."""
        server = self._of_pool["conninfo"]
        if pool is None and server not in _job_pools:
            _job_pools[server] = psycopg_pool.ConnectionPool(
                **self._of_pool, check=psycopg_pool.ConnectionPool.check_connection, configure=_keep_session, open=True
            )
        super().open(pool or _job_pools[server])


def _keep_session(connection: psycopg.Connection[Any]) -> None:
    _kept.add(connection.info.backend_pid)


def kept_sessions() -> list[int]:
    """Return the process ids of the sessions that the next test may use."""
    return sorted(_kept)


def note_ended(pids: set[int]) -> None:
    """Take note that these sessions have ended."""
    _ended.update(pids)
    _kept.difference_update(pids)


def close_kept() -> None:
    """Close the sessions that are kept, before their server stops."""
    for pool in _pools.values():
        type(pool).dispose(pool)
    _pools.clear()
    for jobs in _job_pools.values():
        jobs.close()
    _job_pools.clear()


def _keep(pool: Pool, dialect: Dialect) -> Pool:
    """Let this pool outlive its engine, and know by itself which session has ended: the server is not asked before each use."""
    event.listen(pool, "connect", lambda raw, _record: _kept.add(raw.info.backend_pid))
    dialect.do_ping = _lives  # type: ignore[method-assign]
    pool.dispose = lambda: None  # type: ignore[method-assign]
    pool.recreate = lambda: pool  # type: ignore[method-assign]
    return pool


def _lives(dbapi_connection: Any) -> bool:
    return not dbapi_connection.broken and dbapi_connection.info.backend_pid not in _ended
