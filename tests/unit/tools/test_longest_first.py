"""Which test begins when: none is lost, the longest begin at once, and what shares servers is with one worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.suite.longest_first import LONGEST, longest_first

ROOT = Path(__file__).resolve().parents[3]
FILES = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py"))]
LONG = [[file for file in FILES if file.startswith(beginnings)] for beginnings in LONGEST]


class Item(NamedTuple):
    nodeid: str


def items(count: int) -> list[Any]:
    short = [Item(f"tests/unit/test_{number % 7}.py::test_{number}") for number in range(count)]
    return short + [Item(f"{file}::test_{number}") for files in LONG for file in files for number in range(3)]


def queues(workers: int) -> list[list[str]]:
    """What each worker is given at first, as xdist shares out a list."""
    left = [one.nodeid.partition("::")[0] for one in longest_first(items(1000), workers)]
    given = []
    for number in range(workers):
        size = len(left) // (workers - number)
        given.append(left[:size])
        left = left[size:]
    return given


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8, 16])
@pytest.mark.parametrize("count", [0, 5, 1000])
def test_every_test_runs_once(count: int, workers: int) -> None:
    before = items(count)
    assert sorted(one.nodeid for one in longest_first(before, workers)) == sorted(one.nodeid for one in before)


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8])
def test_each_worker_begins_with_what_takes_longest(workers: int) -> None:
    for queue, line in zip(queues(workers), LONGEST, strict=False):
        assert queue[0].startswith(line[0])


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8])
def test_what_shares_servers_is_with_one_worker(workers: int) -> None:
    given = queues(workers)
    assert [sum(not set(files).isdisjoint(queue) for queue in given) for files in LONG] == [1] * len(LONG)


def test_each_beginning_is_that_of_a_file_of_the_tests() -> None:
    assert [one for line in LONGEST for one in line if not any(file.startswith(one) for file in FILES)] == []
