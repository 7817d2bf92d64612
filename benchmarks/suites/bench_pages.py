"""P20, what five hundred open pages cost a process: callbacks acknowledged beside them, processor time, log lines."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import closing

from benchmarks.goals import Figure, figure
from benchmarks.harness.pages import PAYING_S, UNDER_WAY_S, OpenPages
from benchmarks.harness.rounds import Bench, InvalidMeasurement, OtherAnswers, Side, open_side, p99, rate
from benchmarks.harness.servers import Server

_PAGES = 500
# What a callback's clients are in P1, so that the rates can be compared.
_CLIENTS = 64
_TICKS = os.sysconf("SC_CLK_TCK")


def open_pages(bench: Bench) -> Iterator[Figure]:
    """Measure P20: the same process with five hundred pages of live links and nothing new, and without them."""
    side = open_side(bench, "product", kind="waitress", clients=_CLIENTS)
    with closing(side), closing(OpenPages(f"sqlite:///{side.file}", port=side.server.port, count=_PAGES)) as pages:
        lines, note = _alone(bench, side.server, pages)
        side.run(min(0.5, bench.seconds), count=False)
        for goal, every in (("P20", UNDER_WAY_S), ("P20.paying", PAYING_S)):
            yield figure(goal, _ratios(bench, side, pages, every), server="waitress", note=_rates(side, every))
            side.slices.clear()
        yield figure("P20.lines", [lines], server="waitress", note=note)
        if set(pages.statuses) != {304}:
            raise OtherAnswers(f"open pages were answered {dict(pages.statuses)}")


def _ratios(bench: Bench, side: Side, pages: OpenPages, every: float) -> list[float]:
    """Load it without and with the pages in turn; return the ratios of rates with / without. Slices without come first."""
    ratios = []
    for number in range(bench.rounds):
        found = {}
        # A B B A, as between two sides.
        for with_pages in (False, True) if number % 2 == 0 else (True, False):
            if with_pages:
                pages.start(every)
            side.run(bench.seconds)
            pages.stop()
            found[with_pages] = side.slices.pop()
        side.slices += [found[False], found[True]]
        ratios.append(rate(found[True]) / rate(found[False]))
    return ratios


def _rates(side: Side, every: float) -> str:
    """Describe in absolute numbers what both did."""
    alone, beside = side.slices[::2], side.slices[1::2]
    tails = statistics.median(p99(one) / p99(other) for one, other in zip(beside, alone, strict=True))
    return (
        f"{statistics.median(map(rate, beside)):.0f}/s beside pages that ask every {every} s, "
        f"{statistics.median(map(rate, alone)):.0f}/s without them; p99 {tails:.2f} times as long"
    )


def _alone(bench: Bench, server: Server, pages: OpenPages) -> tuple[int, str]:
    """Let the pages ask and nobody else; return how many lines the server wrote, and what processor time an answer took."""
    pages.start(PAYING_S)
    time.sleep(2 * PAYING_S)  # each connection's thread and the caches, once
    lines, ticks, answered = server.lines(), _processor_ticks(server.process.pid), sum(pages.statuses.values())
    begun = time.monotonic()
    time.sleep(2 if bench.quick else 10)
    took = time.monotonic() - begun
    answered = sum(pages.statuses.values()) - answered
    spent = (_processor_ticks(server.process.pid) - ticks) / _TICKS
    pages.stop()
    if not answered:
        raise InvalidMeasurement("no page was answered")
    note = f"{answered / took:.0f} polls/s took {spent / took:.2f} of a core, {spent / answered * 1e6:.0f} us each"
    return server.lines() - lines, note


def _processor_ticks(pid: int) -> int:
    """Return how many ticks of processor time a process has used, in user and system mode."""
    with open(f"/proc/{pid}/stat") as file:
        # Behind the command's name, which may contain blanks.
        fields = file.read().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])
