"""Change the product line by line, a sample of all such changes, and name those that no test notices.

    python -m tools.mutate                       ten minutes on two cores, with a new seed, which is printed
    python -m tools.mutate --seed 7              the same sample again
    python -m tools.mutate --minutes 30          a larger one
    python -m tools.mutate 'callbacks.verify.*'  all changes of one module

mutmut makes the changes, of the packages that setup.cfg names, and runs the tests that reach each. What survives, and
what no test reaches, is a failure unless ``tools/harmless_mutants.json`` says why it does no harm. Nothing about money,
locks or rights belongs there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HARMLESS = Path(__file__).with_name("harmless_mutants.json")
MUTMUT = (sys.executable, "-m", "mutmut")
_COPY = ROOT / "mutants"
# Every run makes all changes and learns which test reaches what; the machines of money are few and always tried.
_ALWAYS = "connector.domain.payments.status.*"
_KILLED = frozenset({"killed", "caught by type check", "timeout", "segfault"})
_UNTRIED = frozenset({"not checked"})
_STOPS_WITHIN = 10.0


@dataclass(frozen=True)
class Survivor:
    """A change that no test noticed: its name, what became of it, and the lines before and after."""

    name: str
    status: str
    was: tuple[str, ...]
    becomes: tuple[str, ...]

    @property
    def function(self) -> str:
        """The changed function, by its dotted name: without the number, which moves with every edit."""
        return self.name.partition("__mutmut_")[0].replace("x_", "", 1).replace("xǁ", "").replace("ǁ", ".")

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.status})"]
        return "\n".join([*lines, *(f"  - {one}" for one in self.was), *(f"  + {one}" for one in self.becomes)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a sample and return 0 when every change was noticed or is known to do no harm."""
    given = _read(arguments)
    ends_at = time.monotonic() + 60 * given.minutes
    print(f"Seed {given.seed}, {given.minutes:g} minutes.", flush=True)
    # mutmut only adds to its copy: tests that were renamed, and what older tests noticed, would count again.
    shutil.rmtree(_COPY, ignore_errors=True)
    if not _run([_ALWAYS], ends_at):
        print("The tests could not be run, or their time was over before the first changes were tried.")
        return 2
    if given.names:
        _run(given.names, ends_at)
    else:
        every = sorted(name for name, status in _statuses().items() if status in _UNTRIED)
        random.Random(given.seed).shuffle(every)  # noqa: S311 a sample, no secret
        _run(every[: given.most], ends_at)
    return _report(_statuses())


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="mutmut's names or patterns; default: a sample of all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--most", type=int, default=200, help="the size of the sample, if the time is enough for it")
    return parser.parse_args(arguments)


def _run(names: Sequence[str], ends_at: float) -> bool:
    """Run mutmut for some changes until it has ended or the time is up; return whether it ended well."""
    children = str(min(2, os.cpu_count() or 1))
    # A session of its own: when the time is over, the children that test one change each end with it.
    running = subprocess.Popen(  # noqa: S603 our own command
        [*MUTMUT, "run", "--max-children", children, *names], cwd=ROOT, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    try:
        said, _ = running.communicate(timeout=max(1.0, ends_at - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGTERM)
        try:
            running.communicate(timeout=_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
        print("The time is over: what was not tried by now is left out.")
        return False
    if running.returncode:
        print(said[-4000:])
    return running.returncode == 0


def _statuses() -> dict[str, str]:
    """Return what became of every change, by name."""
    found = (re.fullmatch(r"\s+(\S+): (.+)", line) for line in _asked("results", "--all", "true").splitlines())
    return {one[1]: one[2] for one in found if one}


def _report(statuses: dict[str, str]) -> int:
    tried = {name: status for name, status in statuses.items() if status not in _UNTRIED}
    if not tried:
        print("No change was tried.")
        return 2
    survivors = [_survivor(name, status) for name, status in sorted(tried.items()) if status not in _KILLED]
    harmless = json.loads(HARMLESS.read_text("utf-8"))
    unknown = [one for one in survivors if not _is_harmless(one, harmless)]
    for one in unknown:
        print(one)
    counted = ", ".join(f"{count} {status}" for status, count in sorted(Counter(tried.values()).items()))
    print(f"{len(tried)} of {len(statuses)} changes tried: {counted}.")
    print(f"{len(survivors) - len(unknown)} are known to do no harm, {len(unknown)} need a test.")
    return 1 if unknown else 0


def _survivor(name: str, status: str) -> Survivor:
    diff = _asked("show", name)
    return Survivor(name, status, tuple(_lines(diff, "-")), tuple(_lines(diff, "+")))


def _asked(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 our own command
        [*MUTMUT, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout


def _lines(diff: str, sign: str) -> Iterator[str]:
    for line in diff.splitlines():
        if line.startswith(sign) and not line.startswith(sign * 3):
            yield line[1:].strip()


def _is_harmless(one: Survivor, known: Sequence[dict[str, str]]) -> bool:
    """A change is known by its function and the lines that it makes; ``becomes`` may name a part of them."""
    return any(
        entry["function"] == one.function and entry["becomes"] in "\n".join(one.becomes) and entry["why"]
        for entry in known
    )


if __name__ == "__main__":
    sys.exit(main())
