"""A finding names the first of many, says how many more there are, and keeps all of them for who asks."""

from __future__ import annotations

import pytest

from connector.domain.health.finding import name_first

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
