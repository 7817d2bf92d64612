"""Findings, and the checks that they come from: of many names the first are said, of many findings the worst."""

from __future__ import annotations

import pytest

from connector.domain.health.examination import (
    Check,
    CheckSelection,
    ExaminationResult,
    Unchecked,
    select_checks,
    worst_first,
)
from connector.domain.health.finding import Finding, Level, name_first

NAMES = ["801A", "801B", "801C"]


@pytest.mark.parametrize(("most", "first"), [(1, "Look at 801A and 2 more."), (2, "Look at 801A, 801B and 1 more.")])
def test_of_many_names_the_first_are_said_and_the_rest_counted(most: int, first: str) -> None:
    assert name_first(NAMES, most=most, say="Look at {}.".format) == {
        "problem": first,
        "full_problem": "Look at 801A, 801B, 801C.",
    }


@pytest.mark.parametrize("most", [3, 4])
def test_few_names_are_all_said_and_nothing_is_left_to_ask_for(most: int) -> None:
    assert name_first(NAMES, most=most, say="Look at {}.".format, separator="; ") == {
        "problem": "Look at 801A; 801B; 801C.",
        "full_problem": "",
    }


def finding(level: Level, check: str = "keys") -> Finding:
    return Finding(check, level, "What is.", "What helps.")


@pytest.mark.parametrize(
    ("levels", "unseen", "is_well", "fails"),
    [
        ([], [], True, False),
        ([Level.FINE, Level.SOON], [], True, False),
        ([Level.FINE, Level.WRONG], [], False, True),
        ([], ["keys"], False, True),
        ([], ["disk"], False, False),
    ],
)
def test_a_tenant_is_well_where_nothing_is_wrong_and_every_check_was_completed(
    levels: list[Level], unseen: list[str], is_well: bool, fails: bool
) -> None:
    found = tuple(finding(level) for level in levels)
    result = ExaminationResult("acme", "Acme", found, tuple(Unchecked(one, "away") for one in unseen), ("keys",))
    assert (result.is_well, result.fails("keys")) == (is_well, fails)
    assert not ExaminationResult("acme", "Acme", (finding(Level.WRONG),), (), ()).fails("disk"), "another is wrong"


def test_the_worst_is_said_first() -> None:
    found = [
        finding(level, check)
        for level, check in ((Level.FINE, "a"), (Level.WRONG, "b"), (Level.SOON, "c"), (Level.WRONG, "d"))
    ]
    assert [one.check for one in worst_first(found)] == ["b", "d", "c", "a"]


CHECKS = [
    Check("key", lambda: ()),
    Check("login", lambda: (), needs="key"),
    Check("rights", lambda: (), needs="login"),
    Check("disk", lambda: (), every_minute=True),
]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        (None, ["key", "login", "rights", "disk"]),
        (CheckSelection(), []),
        (CheckSelection(frozenset({"rights"})), ["key", "login", "rights"]),
        (CheckSelection(frozenset({"key"})), ["key"]),
        (CheckSelection(every_minute=True), ["disk"]),
        (CheckSelection(frozenset({"login"}), every_minute=True), ["key", "login", "disk"]),
    ],
)
def test_a_check_brings_what_it_needs(selection: CheckSelection | None, names: list[str]) -> None:
    assert [one.name for one in select_checks(CHECKS, selection)] == names
