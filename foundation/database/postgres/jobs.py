"""Wake a worker of the fleet by a procrastinate job; its tables are in a schema of their own.

A job only wakes, the work itself is in our rows: jobs are deferred after the commit, on another connection, and a job that
cannot be deferred costs the seconds until the next sweep, never a callback.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import procrastinate
import psycopg
import psycopg_pool
from procrastinate.exceptions import AlreadyEnqueued, ProcrastinateException
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from foundation.database.database import APPLICATION, END_IDLE_TRANSACTIONS, NOTICE_GONE, Database, advisory_key
from foundation.database.misfit import Misfit
from foundation.log import get_logger

log = get_logger()
SCHEMA = "procrastinate"
DRAIN, PUSH = "drain", "push"
# A drain polls once more this long after it found nothing, so one wake-up covers all that is stored in a quarter of it.
LINGER_SECONDS = 0.1
_ONE_WAKE_UP_PER_SECONDS = LINGER_SECONDS / 4
_CONNECT: dict[str, Any] = {
    "options": f"-c search_path={SCHEMA} {END_IDLE_TRANSACTIONS}",
    "application_name": f"{APPLICATION} jobs",
    **NOTICE_GONE,
}


class Jobs:
    """Defers jobs from a process that does not run any."""

    def __init__(self, url: str) -> None:
        # As in `_commit_each`: until a paused process has committed, whoever queues the same wake-up waits.
        connect = {**_CONNECT, "autocommit": True}
        connector = procrastinate.SyncPsycopgConnector(
            conninfo=url, kwargs=connect, min_size=0, max_size=2, timeout=2, max_idle=60
        )
        self._app = procrastinate.App(connector=connector)
        self._lock = threading.Lock()
        self._opened = False
        self._woken_at = 0.0

    def wake_drain(self) -> None:
        """Queue a drain of the inbox."""
        asked_at = time.monotonic()
        if asked_at - self._woken_at < _ONE_WAKE_UP_PER_SECONDS:
            return
        # Set before the job exists: its drain sees whatever is committed within this interval from now.
        self._woken_at = asked_at
        self._defer(DRAIN, queueing_lock=DRAIN)

    def wake_push(self, tenant_id: str, *, at: datetime | None = None) -> None:
        """Queue a push of a tenant's due order changes, now or ``at`` a time soon."""
        lock = f"{PUSH}:{tenant_id}" if at is None else f"{PUSH}-later:{tenant_id}"
        self._defer(PUSH, queueing_lock=lock, schedule_at=at, tenant_id=tenant_id)

    def close(self) -> None:
        """Close the connections."""
        self._app.close()

    def _defer(self, task: str, *, queueing_lock: str, schedule_at: datetime | None = None, **arguments: Any) -> None:
        try:
            self._open()
            self._app.configure_task(task, queueing_lock=queueing_lock, schedule_at=schedule_at).defer(**arguments)
        except AlreadyEnqueued:
            return  # it starts later than our commit, so it sees our row
        except (ProcrastinateException, psycopg.Error, psycopg_pool.PoolTimeout) as error:
            log.warning("not_woken", where=task, error=type(error).__name__)

    def _open(self) -> None:
        with self._lock:
            if not self._opened:
                self._app.open()
                self._opened = True


def worker_connector(url: str, *, connections: int) -> procrastinate.PsycopgConnector:
    """Return the connector of a worker."""
    # From no connection on, because procrastinate waits half a minute for the first ones of a database that is away, the last
    # 20 seconds without trying. So the first statement waits, for five seconds, and its worker begins again.
    return procrastinate.PsycopgConnector(
        conninfo=url, kwargs=_CONNECT, configure=_commit_each, min_size=0, max_size=connections, timeout=5,
        reconnect_timeout=10,
    )  # fmt: skip


async def _commit_each(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make each statement of procrastinate a transaction of its own."""
    # A worker that is paused inside a longer transaction would hold the row that decides who defers the next periodic
    # job, and so stop all the others.
    await connection.set_autocommit(True)


def living(connection: Any, *, within_seconds: int) -> list[str]:
    """Return the lease owners whose worker has sent a heartbeat lately."""
    query = f"SELECT id FROM {SCHEMA}.procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => :secs)"  # noqa: S608
    return [owner_of(row.id) for row in connection.execute(text(query), {"secs": within_seconds})]


def owner_of(worker_id: int | None) -> str:
    """Return the name under which a worker leases rows."""
    return f"w{worker_id}"


def upgrade_jobs(database: Database) -> None:
    """Create procrastinate's schema, or run its newer migrations; a schema of a newer version is left unchanged."""
    with database.write() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory_key("upgrade jobs")})
        present = _present(connection)
        if present is not None and present >= _newest():
            return
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.exec_driver_sql(f"SET LOCAL search_path = {SCHEMA}")
        for script in [SchemaManager.get_schema()] if present is None else _newer(present):
            _run(connection, script)
        connection.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{_newest()}'")


def misfit_of_jobs(database: Database) -> Misfit | None:
    """Return why procrastinate's schema does not fit its library, and the remedy; None where it fits."""
    with database.read() as connection:
        present = _present(connection)
    if present == _newest():
        return None
    if present is not None and present > _newest():
        return Misfit(
            f"The job queue is of a newer version than this program: it is at {present[:60]}, this program knows {_newest()}.",
            "Install the version that upgraded it, or a newer one.",
        )
    return Misfit(f"The job queue is at {present or 'none'}, the code needs {_newest()}.", "Run `chat2pay db upgrade`.")


def _present(connection: Any) -> str | None:
    """Return the newest migration that has run; None without a schema."""
    # `upgrade_jobs` stores it as the schema's comment.
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :name"
    found: str | None = connection.scalar(text(query), {"name": SCHEMA})
    return found


def _run(connection: Any, script: str) -> None:
    """Run a script of several statements."""
    # On the driver's connection: SQLAlchemy would read its percent signs as placeholders.
    raw: psycopg.Connection[Any] = connection.connection.driver_connection
    raw.execute(script.encode())


def _migrations() -> list[Path]:
    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def _newest() -> str:
    return _migrations()[-1].stem


def _newer(present: str) -> list[str]:
    return [path.read_text() for path in _migrations() if path.stem > present]
