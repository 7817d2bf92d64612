"""The order of the tests where several processes share them: what takes longest begins first, on each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

# What takes longest at a stretch, longest first; most of it waits for processes, so that others have the processor meanwhile.
LONGEST = (
    "tests/demo/test_followed_orders.py",
    "tests/faults/test_rehearsal.py",
    "tests/faults/fleets/test_postgres_fleet.py",
    "tests/faults/terminals/test_terminal.py",
    "tests/faults/fleets/test_fleet_counts.py",
    "tests/faults/servers/test_servers.py",
    "tests/faults/servers/test_graceful_stop.py",
    "tests/demo/test_demo.py",
    "tests/demo/test_admin_walk.py",
    "tests/faults/migrations/test_third_migration.py",
    # A walk is one test; the other browser tests are with the first worker, next to each other, for they share three servers.
    "tests/browser/screens/test_every_row.py",
    "tests/browser/panel/walk/test_every_row_on_the_panel.py",
)


def longest_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests with the longest files dealt out to the heads of the queues of so many workers.

    `worksteal` gives each worker an equal part of the list, and whoever is done takes from the end of another list.
    """
    by_file: dict[str, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.nodeid.partition("::")[0], []).append(item)
    dealt: list[list[pytest.Item]] = [[] for _ in range(workers)]
    for number, file in enumerate(one for one in LONGEST if one in by_file):
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
