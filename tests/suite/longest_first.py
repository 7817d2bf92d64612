"""The order of the tests where several processes share them: what takes longest begins first, on each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

# What takes longest at a stretch; most of it waits for processes, so that others have the processor meanwhile. A line is for one
# worker, by how paths begin: its tests share what is started once for them, such as a fleet, three servers or a browser.
LONGEST = (
    ("tests/demo/", "tests/faults/test_rehearsal.py"),
    ("tests/faults/fleets/", "tests/faults/servers/"),
    (
        "tests/browser/screens/",
        "tests/browser/following/",
        "tests/browser/form/",
        "tests/browser/test_",
        "tests/browser/panel/test_",
    ),
    ("tests/browser/panel/walk/", "tests/faults/terminals/", "tests/faults/migrations/"),
)


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests with those that take longest dealt out to the heads of the queues of so many workers.

    `worksteal` gives each worker an equal part of the list, and whoever is done takes from the end of another list.
    """
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
    dealt: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, beginnings in enumerate(LONGEST):
        for beginning in beginnings:
            for file in [one for one in by_file if one.startswith(beginning)]:
                dealt[number % workers] += by_file.pop(file)
    rest = [one for tests in by_file.values() for one in tests]
    ordered, left = [], len(items)
    for number, head in enumerate(dealt):
        size = left // (workers - number)
        filling = rest[: max(0, size - len(head))]
        del rest[: len(filling)]
        ordered += head + filling
        left -= size
    return ordered + rest
