"""The stored figures: one file per machine in results/machines, and results/latest.json for the machine of the last run."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.goals import GOALS, Figure
from benchmarks.harness.servers import EVERY_CORE, ROOT

FOLDER = ROOT / "benchmarks" / "results"
# goal -> its entry: value, spread (None where only the median is known), machine, processor, commit, …
Results = dict[str, dict[str, Any]]


def processor() -> str:
    """Return the processor's model name."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def describe_machine() -> str:
    """Describe the machine as far as it matters for comparing runs."""
    return f"{len(EVERY_CORE)} cores, {processor()}, Python {platform.python_version()}"


def default_name() -> str:
    """Return the name under which this machine's figures are stored, unless another is given."""
    return re.sub(r"[^a-z0-9]+", "-", f"{len(EVERY_CORE)} cores {processor()}".lower()).strip("-")


def commit() -> str:
    """Return the commit that is measured, with a + where files have changed since; "unknown" outside a checkout."""
    command = ["git", "describe", "--always", "--exclude=*", "--abbrev=12", "--dirty=+"]
    try:
        described = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git on this machine
        return "unknown"
    return described.stdout.strip() or "unknown"


def as_json(figures: Sequence[Figure], *, machine: str, processor: str, commit: str) -> Results:
    """Return the figures in the form in which they are stored."""
    return {
        one.goal: {
            "value": round(one.value, 4),
            "spread": [round(one.low, 4), round(one.high, 4)],
            "floor": GOALS[one.goal].floor,
            "stretch": GOALS[one.goal].stretch,
            "better": GOALS[one.goal].better,
            "server": one.server,
            "machine": machine,
            "processor": processor,
            "commit": commit,
            **({"note": one.note} if one.note else {}),
        }
        for one in figures
    }


def store(new: Results, name: str, *, folder: Path = FOLDER) -> None:
    """Store new figures of one machine; a goal that was not measured this time retains its last figure."""
    path = folder / "machines" / f"{name}.json"
    known: Results = json.loads(path.read_text()) if path.exists() else {}
    merged = {**known, **new}
    # Goals that are withdrawn go.
    text = json.dumps({goal: merged[goal] for goal in GOALS if goal in merged}, indent=2) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    latest = folder / "latest.json"
    # A few goals measured on another machine do not take the place of a full run.
    if not latest.exists() or set(json.loads(latest.read_text())) & set(GOALS) <= set(merged):
        latest.write_text(text)


def load_machines(folder: Path = FOLDER) -> Mapping[str, Results]:
    """Return the stored figures by the name of the machine."""
    stored = {path.stem: json.loads(path.read_text()) for path in (folder / "machines").glob("*.json")}
    return dict(sorted(stored.items()))
