"""Connections and transactions on SQLite and PostgreSQL.

SQLite has one server: every write begins IMMEDIATE under one lock, and a file lock keeps a second server out. Commands may
read, and write short transactions, beside a running server: SQLite's own lock makes each wait for the other.
PostgreSQL has a fleet: reads see one snapshot (repeatable read), writes are read committed, and what must not happen twice
is guarded by a row or by a lock that ends with its transaction.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select, text

from foundation.database.sqlite.connections import begin, commit, connect, sqlite_engine
from foundation.errors import Misconfigured

# How PostgreSQL's administrator sees our sessions; those of the job queue have a word more.
APPLICATION = "chat2pay"
# A process that is paused or disconnected in a transaction must not hold its locks longer than until it counts as dead.
# For one that is paused in the middle of a statement this is not enough: see `stuck_sessions`.
IDLE_SECONDS = 10
END_IDLE_TRANSACTIONS = f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
# A server that vanishes without a word, as in a failover, is not waited for much longer than this (seconds, but for one in
# milliseconds): neither for its receipt nor for its answer, for which alone the system would wait for hours.
NOTICE_GONE = {"connect_timeout": 5, "tcp_user_timeout": 15_000, "keepalives_idle": 5, "keepalives_interval": 5}
# psycopg says both in its BEGIN, so they cost no round trip. What only reads is never refused as not serializable.
_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """One engine and, on SQLite, the lock of its one writer. ``connections`` bounds the pool on PostgreSQL."""

    def __init__(self, url: str, *, connections: int = 16) -> None:
        self.is_fleet = url.startswith("postgresql")
        self.engine = _postgres_engine(url, connections) if self.is_fleet else sqlite_engine(url)
        self._writer = threading.RLock()
        # Held only under that lock, and kept open: SQLite's cached pages and prepared statements outlive a commit.
        self._writing: Connection | None = None
        # SQLite's read connections that no caller uses just now.
        self._reading: list[Connection] = []

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the database: that of its first query."""
        if self.is_fleet:
            with self.engine.connect() as connection, connection.execution_options(**_SNAPSHOT).begin():
                yield connection
            return
        # SQLite's read transactions are snapshots anyway. Connections bypass the pool: to take one and give it back there
        # takes twice as long as a query.
        try:
            connection = self._reading.pop()
        except IndexError:
            connection = connect(self.engine)
        kept = False
        try:
            begin(connection, "BEGIN")
            yield connection
            commit(connection)
            kept = True
        finally:
            self._reading.append(connection) if kept else connection.close()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits when the block ends and rolls back when the block fails."""
        if self.is_fleet:
            with self.engine.begin() as connection:
                yield connection
            return
        with self._writer:
            if self._writing is None:
                self._writing = connect(self.engine)
            connection, kept = self._writing, False
            try:
                begin(connection, "BEGIN IMMEDIATE")
                yield connection
                commit(connection)
                kept = True
            finally:
                # A failure, perhaps in the commit, may have left a transaction open: closing ends it.
                if not kept:
                    self._stop_writing()

    def ping(self) -> None:
        """Run a trivial query; raises where the database cannot be reached."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Close every connection; whoever needs one afterwards opens it anew."""
        # One that is in use at this moment ends with its process.
        if self._writer.acquire(blocking=False):
            self._stop_writing()
            self._writer.release()
        kept, self._reading = self._reading, []
        for connection in kept:
            connection.close()
        self.engine.dispose()

    def _stop_writing(self) -> None:
        kept, self._writing = self._writing, None
        if kept is not None:
            kept.close()


class ProcessLock:
    """Excludes a second server (or a migration) from one SQLite file, and names the holder in the error.

    Only what drains, pushes or changes the schema takes it; commands that read, or write one short transaction, do not.
    """

    def __init__(self, database_file: Path) -> None:
        self.path = Path(f"{database_file}.lock")

    def take(self) -> None:
        """Take the lock for the life of this process.

        Raises:
            Misconfigured: another process holds it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            sentence = f"{self.path} is held by process {holder}: SQLite has one server. Stop it first."
            raise Misconfigured([sentence]) from error
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle

    def release(self) -> None:
        """Release the lock, as the end of this process would."""
        os.close(self._handle)


def advisory_key(*parts: str | int) -> int:
    """Return the key of PostgreSQL's advisory lock for ``parts``."""
    return int.from_bytes(sha256("\0".join(map(str, parts)).encode()).digest()[:8], "big", signed=True)


def wait_alone(connection: Connection, *parts: str | int) -> None:
    """Take a lock for ``parts`` that ends with the transaction, waiting for its present holder."""
    # On SQLite there is only one writer anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(advisory_key(*parts))))


def _postgres_engine(url: str, connections: int) -> Engine:
    """Return an engine whose pool checks connections, so that a restarted database fails no request."""
    try:
        engine = create_engine(
            f"postgresql+psycopg://{url.partition('://')[2]}",
            pool_size=connections,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={
                "application_name": APPLICATION,
                "options": END_IDLE_TRANSACTIONS,
                **NOTICE_GONE,
            },
        )
    except ModuleNotFoundError as error:
        sentence = "PostgreSQL needs more packages: in the source tree of this version, `pip install '.[postgres]'`"
        raise Misconfigured([sentence]) from error
    # For psycopg a session that was ended for idling, and a read-only database (a standby, a full disk), are internal
    # errors, which count as our own mistakes. These are outages.
    engine.dialect.dbapi_exception_translation_map = {
        "IdleInTransactionSessionTimeout": "OperationalError",
        "ReadOnlySqlTransaction": "OperationalError",
    }
    event.listen(engine, "checkin", _forget_read_only)
    return engine


def _forget_read_only(raw: Any, _record: Any) -> None:
    """Let the next transaction take the server's own default.

    SQLAlchemy goes back to False, for which psycopg says READ WRITE: that would overrule an administrator, or a full disk,
    who made the database read-only by ``default_transaction_read_only``.
    """
    if raw is not None and not raw.closed:
        raw.read_only = None
