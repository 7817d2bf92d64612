"""Runs one suite and prints its figures; in a quick run what misses, or was refused, is measured again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks import report
from benchmarks.goals import GOALS, Figure, better
from benchmarks.harness.rounds import Bench, OtherAnswers

# A quick run has so few rounds that only a real loss falls below this.
QUICK_SHARE = 0.7
_RETRIES = 2
Suite = Callable[[Bench], Iterator[Figure]]


def measure(suite: Suite, bench: Bench) -> list[Figure]:
    """Measure once; a quick run measures what misses up to twice more, with more rounds, and the best counts.

    Raises:
        OtherAnswers: a server refused requests, in a quick run every time.
        InvalidMeasurement: what was acknowledged is not stored, or the measurement does not show what it should.
    """
    best: dict[str, Figure] = {}
    rounds = bench.rounds
    # A moment's noise on a shared machine decides nothing; what has become slower, or refuses, does so every time.
    for left in range(_RETRIES if bench.quick else 0, -1, -1):
        try:
            again = _measure_once(suite, replace(bench, rounds=rounds))
        except OtherAnswers as error:
            if not left:
                raise
            print(f"    Not valid ({error}); once more:", flush=True)
            continue
        best |= {one.goal: better(one, best.get(one.goal, one)) for one in again}
        if not any(misses(one, share=QUICK_SHARE) for one in best.values()):
            break
        if left:
            print("    Below the mark; once more, with more rounds:", flush=True)
            rounds = 2 * bench.rounds + 1
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
