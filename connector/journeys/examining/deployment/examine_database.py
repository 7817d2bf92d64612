"""Check the database: reachable, of this schema version, with room left, and with a process that works on it."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from connector.domain.health.examination import Check
from connector.domain.health.finding import Finding, Level
from connector.settings import Settings
from connector.store.health import health_checks
from connector.store.health.gauges import SIGN_OF_LIFE_SECONDS
from connector.store.schema.migrate import misfit
from connector.store.store import Store

# SQLite's log grows to several times the day's callbacks when a backup holds a snapshot open.
_FREE_WRONG, _FREE_SOON = 256 * 2**20, 2 * 2**30
_LARGEST_LOG = 512 * 2**20
_SHARE_OF_CONNECTIONS = 0.85


def free_space(path: Path) -> int:
    """Return the free bytes on the disk of a file."""
    return shutil.disk_usage(path.parent).free


def examine_database(*, settings: Settings, store: Store, free: Callable[[Path], int]) -> list[Check]:
    """Return the checks of the database and of the processes on it."""
    shared = [
        Check("database", lambda: _database(settings, store), every_minute=True),
        Check("schema", lambda: _schema(store), needs="database"),
        Check("tenant_secrets", lambda: _secrets(store), needs="schema", every_minute=True),
    ]
    if settings.is_fleet:
        return [
            *shared,
            Check("database_connections", lambda: _connections(store), needs="database", every_minute=True),
            Check("worker", lambda: _worker(store), needs="schema", every_minute=True),
        ]
    file = settings.sqlite_path
    return [
        *shared,
        Check("database_file", lambda: _file(file), needs="database", every_minute=True),
        Check("disk_space", lambda: _disk_space(free(file)), needs="database", every_minute=True),
        Check("database_log", lambda: _log(file), needs="database", every_minute=True),
        Check("server", lambda: _server(file), needs="database"),
    ]


def _database(settings: Settings, store: Store) -> list[Finding]:
    # Checked before connecting, because SQLite would create an empty file.
    missing = not settings.is_fleet and not settings.sqlite_path.exists()
    error = "its file does not exist" if missing else health_checks.unreachable(store.database)
    if error is None:
        return []
    return [
        Finding(
            check="database",
            level=Level.WRONG,
            problem=f"The database cannot be read: {error}.",
            remedy="Check CHAT2PAY_DATABASE_URL, that the database runs and that this machine reaches it. For a "
            "new one, run `chat2pay db upgrade`.",
            impact="Nothing works: no launch, no send, and the payment core repeats its callbacks until we "
            "can store them.",
        )
    ]


def _schema(store: Store) -> list[Finding]:
    found = misfit(store.database)
    if found is None:
        return []
    return [
        Finding(
            check="schema",
            level=Level.WRONG,
            problem=found.problem,
            remedy=found.remedy,
            impact="The connector does not start again after its next stop.",
        )
    ]


def _secrets(store: Store) -> list[Finding]:
    """Find tenants whose secrets no configured key decrypts; no other check can examine those."""
    return [
        Finding(
            check="tenant_secrets",
            level=Level.WRONG,
            subject=tenant_id,
            problem=f"None of the keys in CHAT2PAY_ENCRYPTION_KEYS opens the secrets of {tenant_id}.",
            remedy="Put the key that sealed them back, behind the newest one, and restart every process; then `chat2pay "
            "secrets rotate`. If the key is lost, keep this database, the account of what was paid, and connect the org again "
            "with `chat2pay tenant add` in another one.",
            impact="Nothing of this tenant works: no launch, no send, no news of money.",
        )
        for tenant_id in store.tenants.with_unreadable_secrets()
    ]


def _file(file: Path) -> list[Finding]:
    found = []
    # The write-ahead log holds the same data as the file, and has its own mode.
    for path in (file, Path(f"{file}-wal")):
        if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            found.append(
                Finding(
                    check="database_file",
                    level=Level.WRONG,
                    subject=path.name,
                    problem=f"Other users of this machine may read or write {path.name}.",
                    remedy=f"Run `chmod 600 {path}` as the user that the connector runs as, and start it with "
                    "`umask 077`.",
                    impact="Anybody with an account on this machine can read order numbers and amounts, or "
                    "change them.",
                )
            )
    return found


def _disk_space(free: int) -> list[Finding]:
    if free >= _FREE_SOON:
        return []
    return [
        Finding(
            check="disk_space",
            level=Level.WRONG if free < _FREE_WRONG else Level.SOON,
            problem=f"The disk of the database has {free // 2**20} MiB left.",
            remedy="Free space on it, or put old entries away with `chat2pay inbox archive --to FILE` on another disk.",
            impact="When it is full no callback can be stored, and nothing can be sent.",
        )
    ]


def _log(file: Path) -> list[Finding]:
    log = Path(f"{file}-wal")
    size = log.stat().st_size if log.exists() else 0
    # A log of this size was not checkpointed for long: some reader holds an old snapshot open.
    if size <= _LARGEST_LOG:
        return []
    return [
        Finding(
            check="database_log",
            level=Level.SOON,
            problem=f"The database's log has grown to {size // 2**20} MiB: it is not being copied into the database.",
            remedy="Look for a program that keeps the database open (a backup, an sqlite3 shell) and end it; "
            "otherwise restart the connector.",
            impact="Reading becomes slower and the disk fills up.",
        )
    ]


def _connections(store: Store) -> list[Finding]:
    with store.read() as work:
        used, most = health_checks.connections_used(work)
    # PostgreSQL keeps a few places for superusers, so a fleet is refused before all of them are taken.
    if used < most * _SHARE_OF_CONNECTIONS:
        return []
    return [
        Finding(
            check="database_connections",
            level=Level.WRONG,
            problem=f"{used} of the {most} connections that PostgreSQL allows are open.",
            remedy="Raise max_connections in PostgreSQL, or lower CHAT2PAY_DATABASE_CONNECTIONS for each process.",
            impact="The next process finds no connection: callbacks are answered 503 and repeated, sends fail.",
        )
    ]


def _worker(store: Store) -> list[Finding]:
    from foundation.database.postgres.jobs import living  # noqa: PLC0415 only a fleet has it installed

    with store.database.read() as connection:
        alive = living(connection, within_seconds=SIGN_OF_LIFE_SECONDS)
    if alive:
        return []
    return [
        Finding(
            check="worker",
            level=Level.WRONG,
            problem=f"No worker has given a sign of life in the last {SIGN_OF_LIFE_SECONDS} seconds.",
            remedy="Start `chat2pay worker` on at least one machine; two, so that one may fail.",
            impact="Callbacks are stored and nothing comes of them: no page and no order changes.",
        )
    ]


def _server(file: Path) -> list[Finding]:
    if _is_held(Path(f"{file}.lock")):
        return []
    return [
        Finding(
            check="server",
            level=Level.WRONG,
            problem="No connector is serving on this database.",
            remedy="Start it: `chat2pay serve`, or `systemctl start` with the name of its unit.",
            impact="No page opens, nothing is sent, and the payment core's callbacks are repeated until it gives up.",
        )
    ]


def _is_held(lock: Path) -> bool:
    """Return whether a server holds its exclusive lock, by trying a shared one for an instant."""
    try:
        handle = os.open(lock, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
