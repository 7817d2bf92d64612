"""Compares sides under load: A B B A, one after the other, every slice checked."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.goals import Figure, figure
from benchmarks.harness import servers, setup
from benchmarks.harness.load import Load, Slice, UniqueCallbacks
from benchmarks.harness.servers import Server, command
from sandbox.processes.ports import free_port


class InvalidMeasurement(Exception):
    """A measurement that is not valid: rows that do not add up, no kills, or what its subclass says."""


class OtherAnswers(InvalidMeasurement):
    """A slice in which a server refused, or a connection broke: a machine that pauses may be the reason."""


@dataclass(frozen=True)
class Bench:
    """How much is measured, and where."""

    folder: Path
    rounds: int = 7
    seconds: float = 2.0
    quick: bool = False


@dataclass
class Side:
    """One server under load. ``file`` is its SQLite database, ``table`` where its rows are."""

    name: str
    server: Server
    load: Load
    file: Path | None = None
    table: str = ""
    acknowledged: int = 0
    slices: list[Slice] = field(default_factory=list)

    def run(self, seconds: float, *, count: bool = True) -> None:
        """Load it once, and check that every acknowledged callback is stored."""
        measured = self.load.run(seconds)
        # A server that refuses is quick: its rate would be the best of all.
        if set(measured.statuses) != {measured.good} or measured.broken:
            counts = f"answers {measured.statuses}, broken {measured.broken}"
            raise OtherAnswers(f"{self.name}: {counts} {measured.refusal}".rstrip())
        self.acknowledged += measured.acknowledged
        if self.file:
            rows, keys = setup.count_rows_and_keys(self.file, self.table)
            if not rows == keys >= self.acknowledged > 0:
                raise InvalidMeasurement(f"{self.name}: {rows} rows, {keys} keys, {self.acknowledged} acknowledged")
        if count:
            self.slices.append(measured)

    def close(self) -> None:
        """Close the connections and stop the server."""
        self.load.close()
        self.server.stop()


def open_side(
    bench: Bench,
    name: str,
    *,
    kind: str,
    clients: int,
    keep_alive: bool = True,
    env: dict[str, str] | None = None,
    database: Path | None = None,
) -> Side:
    """Start one app of ``benchmarks.apps.wsgi`` under one server, with a database of its own."""
    port = free_port()
    file = database or bench.folder / f"{name}-{port}.db"
    url = f"sqlite:///{file}"
    if name not in ("noop", "baseline") and database is None:
        setup.prepare_database(url)
    server = Server(
        command(kind, port),
        port=port,
        env={"BENCH_APP": name, **setup.environment(url, port=port), **(env or {})},
        folder=bench.folder,
    )
    try:
        state = server.wait()
        if name != "noop" and state["synchronous"] != 2:
            raise InvalidMeasurement(f"{name}: synchronous is {state['synchronous']}, not FULL")
        endpoint = setup.CallbackEndpoint()
        callbacks = UniqueCallbacks(
            path=endpoint.path, user=endpoint.user, password=endpoint.password, keep_alive=keep_alive
        )
        load = Load(port=port, callbacks=callbacks, clients=clients)
    except BaseException:
        server.kill()
        raise
    stored = name not in ("noop", "storeless") and database is None
    return Side(name, server, load, file if stored else None, "callbacks" if name == "baseline" else "inbox")


@contextmanager
def open_sides(makers: Sequence[Callable[[], Side]]) -> Iterator[list[Side]]:
    """Open sides and close all of them, whatever happens."""
    with ExitStack() as stack:
        sides = []
        for make in makers:
            sides.append(make())
            stack.callback(sides[-1].close)
        yield sides


def alternate(bench: Bench, sides: Sequence[Side]) -> None:
    """Warm up, then run the sides forward and backward in turn."""
    for side in sides:
        side.run(min(0.5, bench.seconds), count=False)
    for number in range(bench.rounds):
        # A B B A: what drifts on the machine meanwhile, such as its clock rate, falls on both sides alike.
        for side in sides if number % 2 == 0 else reversed(sides):
            side.run(bench.seconds)


def compare(goal: str, mine: Side, other: Side, *, by: Callable[[Slice], float], server: str, note: str = "") -> Figure:
    """Return the median of the per-round ratios mine / other."""
    # Ratios of slices that ran next to each other, and then their median: noise of minutes cancels out.
    pairs = zip(mine.slices, other.slices, strict=True)
    return figure(goal, [by(one) / by(two) for one, two in pairs], server=server, note=note)


def rate(measured: Slice) -> float:
    """Return the acknowledgements per second."""
    return measured.rate


def p99(measured: Slice) -> float:
    """Return the latency that 99 of 100 answers stayed under."""
    return measured.percentile(0.99)


def describe_side(side: Side) -> str:
    """Describe in absolute numbers what one side did."""
    median = statistics.median
    per_second, tail = median(map(rate, side.slices)), median(map(p99, side.slices)) * 1000
    return f"{side.name} {per_second:.0f}/s p99 {tail:.0f} ms"


def describe_cores() -> str:
    """Describe which cores serve and which load."""
    server, load = servers.cores()
    return f"server on core {sorted(server)}, load on core {sorted(load)}"
