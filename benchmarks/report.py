"""The figures as they are read: lines for the terminal, the tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.explanations import EXPLANATIONS
from benchmarks.goals import GOALS, Figure, Goal
from benchmarks.harness.servers import ROOT
from benchmarks.records import Results

DOCUMENT = ROOT / "docs" / "performance.md"
_BEGIN, _END = "<!-- figures: made by `make bench` -->", "<!-- /figures -->"


def line(measured: Figure) -> str:
    """Return one figure as a line for the terminal."""
    goal = GOALS[measured.goal]
    verdict = "-" if goal.floor is None else "MISSED" if goal.misses(measured.value) else "ok"
    sign = ">=" if goal.better == "higher" else "<="
    floor = f"{sign} {goal.floor:g}" if goal.floor is not None else ""
    spread = f"[{measured.low:.3f} .. {measured.high:.3f}]"
    return f"{measured.goal:<16} {measured.value:>9.3f}  {spread}  {floor:<9} {verdict:<7} {goal.description}"


def summary(figures: Sequence[Figure]) -> str:
    """Return all figures of one run below each other."""
    return "\n".join(["", "goal               measured   spread              floor     reached", *map(line, figures)])


def write_document(machines: Mapping[str, Results], document: Path = DOCUMENT) -> None:
    """Write both tables between the document's two marks."""
    text = document.read_text()
    before, _, rest = text.partition(_BEGIN)
    tables = f"{table(machines)}\n\n{machine_table(machines)}"
    document.write_text(f"{before}{_BEGIN}\n{tables}\n{_END}{rest.partition(_END)[2]}")


def table(machines: Mapping[str, Results]) -> str:
    """Return the table of goals: the range over all machines, and whether every one of them reaches the floor."""
    rows = [
        "| goal | what | measured | spread | machines | floor | stretch | reached | not reached, and why |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, goal in GOALS.items():
        entries = [results[name] for results in machines.values() if name in results]
        values = [float(entry["value"]) for entry in entries]
        sign = "≥" if goal.better == "higher" else "≤"
        limits = [f"{sign} {limit:g}" if limit is not None else "" for limit in (goal.floor, goal.stretch)]
        reached = _reached(goal, values)
        cells = [
            name,
            goal.description,
            _range(values) or "not measured",
            _spread(entries),
            f"{len(values) or ''}",
            *limits,
            reached,
            _explanation(name, reached),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def machine_table(machines: Mapping[str, Results]) -> str:
    """Return the table of machines: what each is, which commits were measured on it, how many goals."""
    rows = ["| machine | what | commits | goals |", "|---|---|---|---|"]
    for name, results in machines.items():
        what = dict.fromkeys(entry["machine"] for entry in results.values())
        commits = dict.fromkeys(entry["commit"] for entry in results.values())
        rows.append(f"| {name} | {' · '.join(what)} | {' · '.join(commits)} | {len(results)} |")
    return "\n".join(rows)


def _range(values: Sequence[float]) -> str:
    """Return a value, or the lowest and the highest of several."""
    return "–".join(dict.fromkeys(f"{value:.2f}" for value in (min(values), max(values)))) if values else ""


def _spread(entries: Sequence[Mapping[str, Any]]) -> str:
    # Where only a machine's median is known, that counts as its whole spread.
    bounds = [float(bound) for entry in entries for bound in entry["spread"] or [entry["value"]]]
    return f"{min(bounds):.2f}–{max(bounds):.2f}" if bounds else ""


def _reached(goal: Goal, values: Sequence[float]) -> str:
    """Return the mark that every machine reaches, or how many machines reach the floor."""
    if not values or goal.floor is None:
        return ""
    missing = sum(goal.misses(value) for value in values)
    if missing:
        return (
            "**no**"
            if missing == len(values)
            else f"**no**: {len(values) - missing} of {len(values)} machines reach it"
        )
    return "stretch" if all(map(goal.reaches_stretch, values)) else "floor"


def _explanation(name: str, reached: str) -> str:
    """Return the mark that is not reached, with the known reason."""
    if not reached or reached == "stretch" or (reached == "floor" and GOALS[name].stretch is None):
        return ""
    mark = "stretch" if reached == "floor" else "floor"
    return f"{mark}: {EXPLANATIONS.get(name, 'not looked into yet')}"
