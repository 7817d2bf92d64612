"""Which test begins when: none is lost, and the longest begin at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.suite.longest_first import LONGEST, longest_first

ROOT = Path(__file__).resolve().parents[3]


class Item(NamedTuple):
    nodeid: str


def items(count: int) -> list[Any]:
    short = [Item(f"tests/unit/test_{number % 7}.py::test_{number}") for number in range(count)]
    return short + [Item(f"{file}::test_{number}") for file in LONGEST for number in range(3)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8, 16])
@pytest.mark.parametrize("count", [0, 5, 1000])
def test_every_test_runs_once(count: int, workers: int) -> None:
    before = items(count)
    assert sorted(one.nodeid for one in longest_first(before, workers)) == sorted(one.nodeid for one in before)


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8])
def test_each_worker_begins_with_one_of_the_longest(workers: int) -> None:
    queue = longest_first(items(1000), workers)
    left = len(queue)
    for number in range(workers):
        size = left // (workers - number)
        assert queue[len(queue) - left].nodeid.startswith(f"{LONGEST[number]}::")
        left -= size


def test_the_longest_are_files_of_the_tests() -> None:
    assert [one for one in LONGEST if not (ROOT / one).is_file()] == []
