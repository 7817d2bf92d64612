"""Knows where figures go: results/latest.json and the table in docs/performance.md; refuses to round a miss away."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.explanations import EXPLANATIONS
from benchmarks.goals import GOALS, Figure
from benchmarks.harness.servers import EVERY_CORE, ROOT

RESULTS = ROOT / "benchmarks" / "results" / "latest.json"
_DOCUMENT = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: made by `make bench` -->", "<!-- /figures -->"


def machine() -> str:
    """Name the machine as far as it matters for comparing runs."""
    names = [line.split(":", 1)[1].strip() for line in _cpu_lines() if line.startswith("model name")]
    kind = names[0] if names else platform.machine()
    return f"{len(EVERY_CORE)} cores, {kind}, Python {platform.python_version()}"


def line(found: Figure) -> str:
    """Return one figure as a line for the terminal."""
    goal = GOALS[found.goal]
    marks = {True: "MISSED", False: "ok"}[goal.misses(found.value)] if goal.floor is not None else "-"
    sign = ">=" if goal.better == "higher" else "<="
    floor = f"{sign} {goal.floor:g}" if goal.floor is not None else ""
    return f"{found.goal:<16} {found.value:>9.3f}  [{found.low:.3f} .. {found.high:.3f}]  {floor:<9} {marks:<7} {goal.tells}"


def summary(figures: Sequence[Figure]) -> str:
    """Return all figures of one run below each other."""
    return "\n".join(["", "goal               measured   spread              floor     reached", *map(line, figures)])


def as_json(figures: Sequence[Figure], where: str) -> dict[str, Any]:
    """Return the figures in the form that others read."""
    return {
        one.goal: {
            "value": round(one.value, 4),
            "spread": [round(one.low, 4), round(one.high, 4)],
            "floor": GOALS[one.goal].floor,
            "stretch": GOALS[one.goal].stretch,
            "better": GOALS[one.goal].better,
            "server": one.server,
            "machine": where,
            **({"note": one.note} if one.note else {}),
        }
        for one in figures
    }


def write(figures: Sequence[Figure]) -> None:
    """Keep the figures; one that was not measured this time keeps its last value."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    every = {**known, **as_json(figures, machine())}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({name: every[name] for name in GOALS if name in every}, indent=2) + "\n")
    if _DOCUMENT.exists():
        text = _DOCUMENT.read_text()
        before, _, rest = text.partition(_BEGIN)
        _DOCUMENT.write_text(f"{before}{_BEGIN}\n{table(every)}\n{_END}{rest.partition(_END)[2]}")


def table(results: dict[str, Any]) -> str:
    """Return the table of docs/performance.md."""
    rows = [
        "| goal | what | measured | spread | floor | stretch | reached | not reached, and why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, goal in GOALS.items():
        found = results.get(name)
        value = f"{found['value']:.2f}" if found else "not measured"
        spread = "–".join(f"{one:.2f}" for one in found["spread"]) if found else ""
        sign = "≥" if goal.better == "higher" else "≤"
        limits = [f"{sign} {limit:g}" if limit is not None else "" for limit in (goal.floor, goal.stretch)]
        reached = _reached(name, found)
        cells = [name, goal.tells, value, spread, *limits, reached, _why(name, reached)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _reached(name: str, found: dict[str, Any] | None) -> str:
    goal = GOALS[name]
    if not found or goal.floor is None:
        return ""
    if goal.misses(found["value"]):
        return "**no**"
    if goal.stretch is None:
        return "floor"
    beyond = found["value"] >= goal.stretch if goal.better == "higher" else found["value"] <= goal.stretch
    return "stretch" if beyond else "floor"


def _why(name: str, reached: str) -> str:
    """Say which mark is not reached, and why as far as we know."""
    goal = GOALS[name]
    if not reached or reached == "stretch" or (reached == "floor" and goal.stretch is None):
        return ""
    mark = "stretch" if reached == "floor" else "floor"
    return f"{mark}: {EXPLANATIONS.get(name, 'not looked into yet')}"


def _cpu_lines() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []
