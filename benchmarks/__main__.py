"""The command `python -m benchmarks`: which suites run, in which order; exits 1 when a floor is missed."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import records, report
from benchmarks.goals import Figure
from benchmarks.harness import servers
from benchmarks.harness.rounds import Bench, describe_cores
from benchmarks.measuring import QUICK_SHARE, Suite, measure, misses
from benchmarks.suites import (
    bench_callbacks,
    bench_fleet,
    bench_inbox,
    bench_latency,
    bench_memory,
    bench_pages,
    bench_payment_core,
    bench_salesforce,
)

_SUITES: tuple[tuple[str, Suite], ...] = (
    ("P1 P1b P2 P5", bench_callbacks.acknowledgement_rates),
    ("P1", bench_callbacks.other_loads),
    ("P4", bench_callbacks.single_client),
    ("P5", bench_callbacks.bursts),
    ("P3", bench_callbacks.slow_disk),
    ("P7 P15", bench_salesforce.calls),
    ("P8", bench_salesforce.draining),
    ("P9", bench_latency.freshness),
    ("P10", bench_latency.page_update),
    ("P11", bench_latency.launching),
    ("P20", bench_pages.open_pages),
    ("P12", bench_memory.idle_memory),
    ("P13", bench_inbox.large_inbox),
    ("P14", bench_inbox.crash_safety),
    ("P6", bench_fleet.web_workers),
    ("P12", bench_memory.core_idle_memory),
    ("P17 P18 P19", bench_payment_core.rates),
    ("P17", bench_payment_core.reply_payment),
    ("P17 P18 P19", bench_payment_core.fleet_rates),
)
# Left out of a quick run.
_SLOW: tuple[Suite, ...] = (
    bench_callbacks.other_loads,
    bench_callbacks.bursts,
    bench_salesforce.draining,
    bench_latency.page_update,
    bench_inbox.large_inbox,
    bench_fleet.web_workers,
    bench_payment_core.fleet_rates,
)


def main() -> int:
    """Measure, print, store; return the exit code."""
    arguments = _parser().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whatever was started is stopped on the way out
    # This process is the load: it must not take time from the server that it measures.
    os.sched_setaffinity(0, servers.cores()[1])
    print(f"{records.describe_machine()}; {describe_cores()}")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="c2pbench", ignore_cleanup_errors=True) as folder:
        bench = Bench(
            folder=Path(folder),
            # Odd, so that a median is one of the rounds.
            rounds=arguments.rounds or (3 if arguments.quick else 7),
            seconds=arguments.seconds or (0.3 if arguments.quick else 2.0),
            quick=arguments.quick,
        )
        for suite in _chosen(quick=arguments.quick, only=arguments.only):
            figures += measure(suite, bench)
    if arguments.keep or not arguments.quick:
        _store(figures, arguments.machine)
    print(report.summary(figures))
    return _judge(figures, share=QUICK_SHARE if arguments.quick else 1.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure the goals of docs/performance.md."
    )
    parser.add_argument(
        "--quick", action="store_true", help="about a minute; fails below 70 %% of a floor, or of today's figure"
    )
    parser.add_argument("--only", default="", help="goals to measure, e.g. P1,P5")
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--keep", action="store_true", help="quick figures are not written, unless this is given")
    parser.add_argument(
        "--machine",
        type=_machine_name,
        default=records.default_name(),
        help="the name under which the figures are stored; give one where another machine of the same kind was measured",
    )
    return parser


def _machine_name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text):
        raise argparse.ArgumentTypeError("lower-case letters, digits and - only")
    return text


def _chosen(*, quick: bool, only: str) -> list[Suite]:
    if only:
        return [suite for goals, suite in _SUITES if set(goals.split()) & set(only.split(","))]
    if not quick:
        return [suite for _, suite in _SUITES]
    print("Quick: waitress only; P6, P8, P10, P13, what runs on PostgreSQL, bursts and other loads only in a full run.")
    return [suite for _, suite in _SUITES if suite not in _SLOW]


def _store(figures: Sequence[Figure], machine: str) -> None:
    # With commit and processor: a figure without them could not be compared with any other.
    new = records.as_json(
        figures, machine=records.describe_machine(), processor=records.processor(), commit=records.commit()
    )
    records.store(new, machine)
    report.write_document(records.load_machines())


def _judge(figures: Sequence[Figure], *, share: float) -> int:
    """Judge this run alone; the table in the docs judges by every machine."""
    missed = [one.goal for one in figures if misses(one, share=share)]
    if missed:
        print(f"Below {share:.0%} of the floor: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
