"""Change the product line by line, a sample of all such changes, and name those that no test notices.

    python -m tools.mutate                       ten minutes on two cores, with a new seed, which is printed
    python -m tools.mutate --seed 7              the same sample again
    python -m tools.mutate --minutes 30          a larger one
    python -m tools.mutate --part callbacks      one part of the product only
    python -m tools.mutate 'callbacks.verify.*'  all changes of one module

mutmut makes the changes, part by part as setup.cfg names them, and runs those of the part's tests that reach each change.
What survives, and what no test reaches, is a failure unless ``tools/harmless_mutants.json`` says why it does no harm.
Nothing about money, locks or rights belongs there.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutation.copies import Part, make_copy, parts
from tools.mutation.mutmut import UNTRIED, cheapest, learn, read_survivor, run, statuses
from tools.mutation.survivor import KILLED, Survivor, is_harmless

HARMLESS = Path(__file__).with_name("harmless_mutants.json")
# Each part has one process that runs tests, so that two cores carry two parts.
_AT_ONCE = 2


@dataclass
class Tried:
    """What became of a part's changes by their names, those that survived, and whether its tests could be run at all."""

    part: str
    statuses: dict[str, str] = field(default_factory=dict)
    survivors: list[Survivor] = field(default_factory=list)
    problem: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a sample and return 0 when every change was noticed or is known to do no harm."""
    given = _read(arguments)
    chosen = [one for one in parts() if _is_wanted(one, given)]
    if not chosen:
        print("No part of the product is meant by this: setup.cfg names them.")
        return 2
    print(f"Seed {given.seed}, {given.minutes:g} minutes, {', '.join(one.name for one in chosen)}.", flush=True)
    begun = time.monotonic()
    every = sum(one.share for one in chosen)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        done = list(pool.map(lambda one: _try(one, given, min(1.0, one.share * _AT_ONCE / every)), chosen))
    print(f"{(time.monotonic() - begun) / 60:.1f} minutes.")
    return _report(done)


def _read(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="mutmut's names or patterns; default: a sample of all")
    parser.add_argument("--part", action="append", default=[], help="a part that setup.cfg names; default: all")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument(
        "--most", type=int, default=100, help="the size of a part's sample, if the time is enough for it"
    )
    return parser.parse_args(arguments)


def _is_wanted(part: Part, given: argparse.Namespace) -> bool:
    if given.part and part.name not in given.part:
        return False
    return not given.names or any(part.may_hold(one) for one in given.names)


def _try(part: Part, given: argparse.Namespace, share: float) -> Tried:
    """Try changes of one part for its share of the time."""
    ends_at = time.monotonic() + 60 * given.minutes * share
    folder = make_copy(part)
    problem = learn(folder, ends_at)
    found = statuses(folder)
    if problem:
        return Tried(part.name, found, problem=problem)
    chosen = _chosen(found, part, given)
    # mutmut runs all tests of what is named in full once more before it begins. A pattern names no function, so that only the
    # tests of one change are run again: the one that takes least.
    run(folder, [cheapest(folder, list(found)), *(f"*{one}" for one in chosen)], ends_at)
    found = statuses(folder)
    if not any(status == "killed" for status in found.values()):
        # A process that cannot run tests ends at once, which mutmut takes for a change that made them endless.
        return Tried(
            part.name, found, problem="Not one change was noticed: there was no time, or the tests were not run."
        )
    lived = sorted(name for name, status in found.items() if status not in KILLED | UNTRIED)
    return Tried(part.name, found, [read_survivor(folder, name, found[name]) for name in lived])


def _chosen(found: dict[str, str], part: Part, given: argparse.Namespace) -> list[str]:
    if given.names:
        return [name for name in found if any(fnmatch.fnmatchcase(name, one) for one in given.names)]
    always = [name for name in found if fnmatch.fnmatchcase(name, part.always)]
    others = sorted(set(found) - set(always))
    random.Random(given.seed).shuffle(others)  # noqa: S311 a sample, no secret
    return always + others[: given.most]


def _report(done: Sequence[Tried]) -> int:
    harmless = json.loads(HARMLESS.read_text("utf-8"))
    survivors = [one for part in done for one in part.survivors]
    unknown = [one for one in survivors if not is_harmless(one, harmless)]
    for one in unknown:
        print(one)
    for part in done:
        counted = Counter(status for status in part.statuses.values() if status not in UNTRIED)
        words = ", ".join(f"{count} {status}" for status, count in sorted(counted.items()))
        print(f"{part.part}: {counted.total()} of {len(part.statuses)} changes tried: {words or part.problem}")
    print(f"{len(survivors) - len(unknown)} are known to do no harm, {len(unknown)} need a test.")
    if any(part.problem for part in done):
        return 2
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
