"""The goals: what is measured, its floor and its stretch."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """One figure: a ratio inside one run, or a count. Without a floor it is reported, not judged."""

    description: str
    floor: float | None = None
    stretch: float | None = None
    better: str = "higher"
    # What the product does today where that is short of the floor: a quick run guards this, and only this.
    today: float | None = None

    def reaches_stretch(self, value: float) -> bool:
        """Return whether ``value`` reaches the stretch goal."""
        if self.stretch is None:
            return False
        return value >= self.stretch if self.better == "higher" else value <= self.stretch

    def misses(self, value: float, *, share: float = 1.0) -> bool:
        """Return whether ``value`` misses the floor or, with a ``share`` below 1, that share of what can be expected today."""
        expected = self.floor if share == 1.0 or self.today is None else self.today
        if expected is None:
            return False
        if self.better == "higher":
            return value < share * expected
        # For what should be low, a share of the floor is above it.
        return value > expected / share


_LOWER = "lower"
GOALS = {
    "P1.waitress": Goal("durable acknowledgements per second / no-op, 64 clients", 0.50, 0.75),
    "P1.gthread": Goal("the same under gunicorn gthread", 0.60, 0.90),
    "P1.granian": Goal("the same under granian", 0.38, 0.60),
    "P1.closing": Goal("the same under waitress, a new connection for every callback, 16 clients"),
    "P1.clients256": Goal("the same under waitress, 256 clients"),
    "P1.draining": Goal("the same under waitress while the inbox is drained in the same process"),
    "P1b": Goal("the same view / that view without the store", 0.64, 0.85),
    "P2.waitress": Goal("acknowledgements / usual code, 64 clients", 2.4, 3.5),
    "P2.gthread": Goal("the same under gunicorn gthread", 2.4, 3.5),
    "P2.granian": Goal("the same under granian", 3.4, 5.0),
    "P3.kept": Goal("rate with 1 ms more on every sync / without", 0.60, 0.90),
    "P3.usual": Goal("rate / usual code, both on the slow disk", 4.5, 7.0),
    "P4": Goal("one client: rate / the same view committing per request", 0.95, 1.0),
    "P5.usual": Goal("p99 of the acknowledgement / usual code's, 64 clients", 0.15, 0.08, _LOWER),
    "P5.burst": Goal("the same, a burst of 256", 0.40, 0.20, _LOWER),
    "P5.noop": Goal("p99 of the acknowledgement / no-op's, 64 clients", 1.5, 1.0, _LOWER),
    "P6.rate": Goal("PostgreSQL, 2 web workers / 1, 64 clients: rate", 1.2, 1.5),
    "P6.p99": Goal("PostgreSQL, 2 web workers / 1, 64 clients: p99", 1.3, 0.9, _LOWER),
    "P7.orders": Goal("Salesforce API calls per 1,000 callbacks, as many orders", 5.0, 2.5, _LOWER),
    "P7.orders.hourly": Goal("the same, with the call that a process makes once an hour", None, None, _LOWER),
    "P7.three": Goal("P7.orders, three callbacks for each order", 2.0, 1.0, _LOWER),
    "P7.three.hourly": Goal("the same, with the call that a process makes once an hour", None, None, _LOWER),
    "P7.live": Goal("P7.orders, posted while the workers push at 100-300 ms a call", None, None, _LOWER),
    "P8": Goal("draining 10,000 waiting callbacks at 100-300 ms a call (three an order), speed-up over usual code", 200.0, 300.0),
    "P8.distinct": Goal("the same, as many orders as callbacks"),
    "P9": Goal("final state acknowledged to order written, p95 / one Salesforce call of 200 ms", 4.0, 2.0, _LOWER),
    "P10": Goal("callback acknowledged to page shows it, p95 in seconds", 3.0, 1.0, _LOWER),
    "P11": Goal("launch request to page, without Salesforce's own time / no-op", 12.0, 6.0, _LOWER),
    "P12.memory": Goal("idle memory / a flask-only process", 2.3, 1.6, _LOWER),
    "P12.fleet": Goal("idle memory of the first PostgreSQL web process / a flask-only process", None, None, _LOWER),
    "P12.core": Goal("idle memory of the payment core / a flask-only process", 2.4, 1.8, _LOWER),
    "P13": Goal("rate with 1,000,000 rows in the inbox / with 1,000", 0.85, 0.97),
    "P14.sqlite": Goal("acknowledged and lost over SIGKILLs at random moments, SQLite", 0, 0, _LOWER),
    "P14.postgresql": Goal("the same, PostgreSQL", 0, 0, _LOWER),
    "P15.logins": Goal("Salesforce logins per 1,000 callbacks", 1.0, None, _LOWER),
    "P15.connections": Goal("Salesforce connections of one worker", 4.0, None, _LOWER),
    "P17": Goal("payment core: links made per second / a no-op on the same server, 16 clients", 0.35, 0.6, today=0.11),
    "P17.working": Goal("the same while its background work runs in the same process"),
    "P17.postgresql": Goal("the same on PostgreSQL, one web process", 0.35, 0.6, today=0.025),
    "P17.reply": Goal("payment core: calls of the gateway for one payment by reply", 1, 1, _LOWER),
    "P18": Goal("payment core: clicks on links per second / no-op", 0.5, 0.8, today=0.14),
    "P18.working": Goal("the same while its background work runs in the same process"),
    "P18.postgresql": Goal("the same on PostgreSQL, one web process", 0.5, 0.8, today=0.04),
    "P19": Goal("payment core: provider webhooks acknowledged per second / no-op", 0.5, 0.75, today=0.4),
    "P19.working": Goal("the same while its background work runs in the same process"),
    "P19.postgresql": Goal("the same on PostgreSQL, one web process", 0.5, 0.75, today=0.25),
    "P20": Goal("500 open pages of live links, nothing new: acknowledgements of callbacks / without the pages", 0.7, 0.9),
    "P20.paying": Goal("the same while the customers of all 500 pay"),
    "P20.lines": Goal("log lines of their polls", 0, 0, _LOWER),
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """What was measured for one goal: the median and the spread over the rounds."""

    goal: str
    value: float
    low: float
    high: float
    server: str
    note: str = ""


def better(one: Figure, other: Figure) -> Figure:
    """Return the better of two figures of one goal."""
    best = max if GOALS[one.goal].better == "higher" else min
    return best(one, other, key=lambda measured: measured.value)


def figure(goal: str, values: Sequence[float], *, server: str, note: str = "") -> Figure:
    """Return the median of ``values`` and their spread."""
    return Figure(goal, statistics.median(values), min(values), max(values), server, note)
