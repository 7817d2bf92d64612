"""P1 to P5: the callback endpoint against a no-op, parts of itself and the usual code."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.goals import Figure
from benchmarks.harness.rounds import (
    Bench,
    InvalidMeasurement,
    alternate,
    compare,
    describe_side,
    open_side,
    open_sides,
    p99,
    rate,
)

# As a core that retries after an outage: with few clients a group commit has nothing to group.
_CLIENTS = 64
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void wait_1ms(void) { struct timespec t = {0, 1000000}; nanosleep(&t, 0); }
int fsync(int fd) { int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, "fsync"); wait_1ms(); return real(fd); }
int fdatasync(int fd) { int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync"); wait_1ms(); return real(fd); }
"""


def acknowledgement_rates(bench: Bench) -> Iterator[Figure]:
    """Measure P1, P1b, P2 and the tails of P5 under every server."""
    for kind in ("waitress",) if bench.quick else ("waitress", "gthread", "granian"):
        names = ["noop", "product", "baseline", *(["storeless"] if kind == "waitress" else [])]
        with open_sides([partial(open_side, bench, name, kind=kind, clients=_CLIENTS) for name in names]) as sides:
            alternate(bench, sides)
            by_name = {side.name: side for side in sides}
            product, note = by_name["product"], ", ".join(map(describe_side, sides))
            yield compare(f"P1.{kind}", product, by_name["noop"], by=rate, server=kind, note=note)
            yield compare(f"P2.{kind}", product, by_name["baseline"], by=rate, server=kind)
            if kind == "waitress":
                yield compare("P1b", product, by_name["storeless"], by=rate, server=kind)
                yield compare("P5.usual", product, by_name["baseline"], by=p99, server=kind)
                yield compare("P5.noop", product, by_name["noop"], by=p99, server=kind)


def other_loads(bench: Bench) -> Iterator[Figure]:
    """Measure P1 with other clients, and with the drain at work in the same process."""
    loads: list[tuple[str, int, bool, dict[str, str]]] = [
        ("P1.closing", 16, False, {}),
        ("P1.clients256", 256, True, {}),
        ("P1.draining", _CLIENTS, True, {"BENCH_WORKERS": "1"}),
    ]
    for goal, clients, keep_alive, env in loads:
        makers = [
            partial(
                open_side,
                bench,
                name,
                kind="waitress",
                clients=clients,
                keep_alive=keep_alive,
                env=env if name == "product" else {},
            )
            for name in ("product", "noop")
        ]
        with open_sides(makers) as (product, noop):
            alternate(bench, [product, noop])
            yield compare(
                goal, product, noop, by=rate, server="waitress", note=f"{describe_side(product)}, {describe_side(noop)}"
            )


def single_client(bench: Bench) -> Iterator[Figure]:
    """Measure P4: what a single client pays for grouping."""
    with open_sides(
        [partial(open_side, bench, name, kind="waitress", clients=1) for name in ("product", "ungrouped")]
    ) as (
        product,
        ungrouped,
    ):
        alternate(bench, [product, ungrouped])
        yield compare(
            "P4",
            product,
            ungrouped,
            by=rate,
            server="waitress",
            note=f"{describe_side(product)}, {describe_side(ungrouped)}",
        )


def bursts(bench: Bench) -> Iterator[Figure]:
    """Measure the tail of 256 callbacks that arrive at the same time."""
    names = ("product", "baseline")
    with open_sides([partial(open_side, bench, name, kind="waitress", clients=256) for name in names]) as sides:
        for side in sides:
            side.run(0.0, count=False)
        for _ in range(max(5, bench.rounds)):
            for side in sides:
                # No time at all: every connection sends once, and all of them at the same moment.
                side.run(0.0)
        product, baseline = sides
        yield compare(
            "P5.burst",
            product,
            baseline,
            by=p99,
            server="waitress",
            note=f"{describe_side(product)}, {describe_side(baseline)}",
        )


def slow_disk(bench: Bench) -> Iterator[Figure]:
    """Measure P3 with a shim that adds a millisecond to every sync."""
    shim = _compiled(bench.folder)
    if shim is None:
        print("P3: not measured, there is no C compiler (cc) to build the slow disk with")
        return
    slow = {"LD_PRELOAD": str(shim)}

    sides_of: list[tuple[str, dict[str, str]]] = [("product", {}), ("product", slow), ("baseline", slow)]
    sides_of += [] if bench.quick else [("baseline", {})]
    with open_sides(
        [partial(open_side, bench, name, kind="waitress", clients=_CLIENTS, env=env) for name, env in sides_of]
    ) as sides:
        alternate(bench, sides)
        fast, mine, baseline = sides[:3]
        note = f"{describe_side(mine)}, without delay {describe_side(fast)}, {describe_side(baseline)}"
        if not bench.quick:
            changed = compare("P3.kept", baseline, sides[3], by=rate, server="waitress").value
            # A shim that is not loaded, as with a static binary, would make our own figure look splendid.
            if changed > 0.95:
                raise InvalidMeasurement(f"the slow disk changed nothing for the usual code ({changed:.2f})")
            note += f"; the usual code keeps {changed:.2f}"
        yield compare("P3.kept", mine, fast, by=rate, server="waitress", note=note)
        yield compare("P3.usual", mine, baseline, by=rate, server="waitress")


def _compiled(folder: Path) -> Path | None:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, shim = folder / "slow_disk.c", folder / "slow_disk.so"
    source.write_text(_SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", shim, source, "-ldl"], check=True)
    return shim
