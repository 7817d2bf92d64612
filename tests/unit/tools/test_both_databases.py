"""Which cases are played on PostgreSQL too: the first of each test, and all of those that name it or say that they must."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.suite.both_databases import repeated_on_postgresql


def item(nodeid: str, database: str = "postgresql", *marks: pytest.MarkDecorator) -> Any:
    found = [one.mark for one in marks]
    return SimpleNamespace(
        nodeid=nodeid,
        callspec=SimpleNamespace(params={"database_url": database}),
        iter_markers=lambda name: (one for one in found if one.name == name),
        get_closest_marker=lambda name: next((one for one in found if one.name == name), None),
    )


def test_the_first_case_of_each_test_is_played_and_those_on_sqlite_all() -> None:
    file = "tests/payment_core/linking/test_replacing.py"
    sqlite = [item(f"{file}::test_one[sqlite-{number}]", "sqlite") for number in range(3)]
    postgres = [item(f"{file}::test_one[postgresql-{number}]") for number in range(3)]
    other = item(f"{file}::test_two[postgresql]")
    assert repeated_on_postgresql([*sqlite, *postgres, other]) == postgres[1:]


def test_one_test_of_a_file_is_enough_where_nothing_but_reading_is_the_databases() -> None:
    file = "tests/journeys/launching/test_launch.py"
    items = [item(f"{file}::test_{name}[postgresql]") for name in ("one", "two")]
    assert repeated_on_postgresql(items) == items[1:]


@pytest.mark.parametrize(
    "file",
    ["tests/journeys/notifications/receiving/test_odd_bodies.py", "tests/journeys/syncing/outbox/test_stale_totals.py"],
)
def test_each_test_is_played_once_of_a_file_of_odd_values_or_of_tables_of_values(file: str) -> None:
    items = [item(f"{file}::test_{name}[postgresql-{one}]") for name in ("one", "two") for one in "ab"]
    assert repeated_on_postgresql(items) == [items[1], items[3]]


@pytest.mark.parametrize(
    "mark",
    [
        pytest.mark.both_databases,
        pytest.mark.parametrize(("database_url", "name"), [], indirect=["database_url"]),
        pytest.mark.parametrize("database_url", [], indirect=True),
    ],
)
def test_all_are_played_of_a_test_that_says_so(mark: pytest.MarkDecorator) -> None:
    file = "tests/journeys/launching/test_launch.py"
    assert (
        repeated_on_postgresql([item(f"{file}::test_one[postgresql-{one}]", "postgresql", mark) for one in "ab"]) == []
    )


def test_all_are_played_where_locks_and_statements_are_looked_at() -> None:
    items = [item(f"tests/overtaken/locks/test_locks.py::test_one[postgresql-{one}]") for one in "ab"]
    assert repeated_on_postgresql(items) == []


def test_what_has_no_database_is_left_alone() -> None:
    assert repeated_on_postgresql([SimpleNamespace(nodeid="tests/unit/foundation/test_money.py::test_one")] * 2) == []  # type: ignore[list-item]
