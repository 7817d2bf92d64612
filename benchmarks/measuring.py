"""Runs one suite and prints its figures; in a quick run what misses is measured again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks import report
from benchmarks.goals import GOALS, Figure, better
from benchmarks.harness.rounds import Bench

# A quick run has so few rounds that only a real loss falls below this.
QUICK_SHARE = 0.7
_RETRIES = 2
Suite = Callable[[Bench], Iterator[Figure]]


def measure(suite: Suite, bench: Bench) -> list[Figure]:
    """Measure once; a quick run measures what misses up to twice more, with more rounds, and the best counts."""
    best = {one.goal: one for one in _measure_once(suite, bench)}
    # A moment's noise on a shared machine decides nothing; what has become slower misses every time.
    for _ in range(_RETRIES if bench.quick else 0):
        if not any(misses(one, share=QUICK_SHARE) for one in best.values()):
            break
        print("    Below the mark; once more, with more rounds:")
        again = _measure_once(suite, replace(bench, rounds=2 * bench.rounds + 1))
        best |= {one.goal: better(one, best.get(one.goal, one)) for one in again}
    return list(best.values())


def misses(one: Figure, *, share: float) -> bool:
    """Return whether a figure misses ``share`` of its floor."""
    return GOALS[one.goal].misses(one.value, share=share)


def _measure_once(suite: Suite, bench: Bench) -> list[Figure]:
    began, figures = time.monotonic(), []
    for one in suite(bench):
        print(report.line(one), *([f"\n    {one.note}"] if one.note else []), sep="", flush=True)
        figures.append(one)
    print(f"    ({suite.__module__.rpartition('.')[2]}.{suite.__name__}: {time.monotonic() - began:.0f} s)", flush=True)
    return figures
