"""Run mutmut in a copy of the product until a time, and read what became of each change."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.mutation.survivor import Survivor

UNTRIED = frozenset({"not checked"})
_MUTMUT = (sys.executable, "-m", "mutmut")
_STOPS_WITHIN = 10.0
_LAST_WORDS = 4000


def learn(folder: Path, ends_at: float) -> str:
    """Make all changes and find out which test reaches what; return what went wrong, empty where nothing did."""
    # mutmut does both before it looks for the change that is named, and ends there because nothing has this name.
    said = run(folder, ["none"], ends_at)
    return "" if _stats_of(folder) else f"The tests could not be run, or not in time.\n{said}"


def cheapest(folder: Path, names: Sequence[str]) -> str:
    """Return the change whose tests take the least time."""
    stats = json.loads(_stats_of(folder))
    tests, seconds = stats["tests_by_mangled_function_name"], stats["duration_by_test"]
    reached = [name for name in names if tests.get(name.partition("__mutmut_")[0])]
    return min(reached, key=lambda name: sum(seconds[one] for one in tests[name.partition("__mutmut_")[0]]))


def _stats_of(folder: Path) -> str:
    file = folder / "mutants" / "mutmut-stats.json"
    return file.read_text("utf-8") if file.exists() else ""


def run(folder: Path, names: Sequence[str], ends_at: float) -> str:
    """Run mutmut for some changes until it has ended, or ``time.monotonic()`` is ``ends_at``; return its last words."""
    # A session of its own: when the time is over, the children that test one change each end with it.
    running = subprocess.Popen(  # noqa: S603 our own command
        [*_MUTMUT, "run", "--max-children", "1", *names], cwd=folder, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    try:
        said, _ = running.communicate(timeout=max(1.0, ends_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        _stop(running)
        return "The time is over."
    return said[-_LAST_WORDS:]


def _stop(running: subprocess.Popen[str]) -> None:
    os.killpg(running.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        running.communicate(timeout=_STOPS_WITHIN)
    try:
        # Whatever a test had started: it does not outlive its change.
        os.killpg(running.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    running.communicate()


def statuses(folder: Path) -> dict[str, str]:
    """Return what became of every change, by name."""
    lines = _asked(folder, "results", "--all", "true").splitlines()
    found = (re.fullmatch(r"\s+(\S+): (.+)", line) for line in lines)
    return {one[1]: one[2] for one in found if one}


def read_survivor(folder: Path, name: str, status: str) -> Survivor:
    """Return a change with its lines."""
    diff = _asked(folder, "show", name)
    return Survivor(name, status, tuple(_lines(diff, "-")), tuple(_lines(diff, "+")))


def _asked(folder: Path, *arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 our own command
        [*_MUTMUT, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout


def _lines(diff: str, sign: str) -> Iterator[str]:
    for line in diff.splitlines():
        if line.startswith(sign) and not line.startswith(sign * 3):
            yield line[1:].strip()
