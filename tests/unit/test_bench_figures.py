"""What the bench makes of its figures: which marks are missed, which of two counts, what the table admits."""

from __future__ import annotations

import pytest

from benchmarks import report
from benchmarks.goals import GOALS, Figure, better
from benchmarks.why import WHY


def _figure(goal: str, value: float) -> Figure:
    return Figure(goal, value, value, value, "waitress")


@pytest.mark.parametrize(
    ("goal", "value", "share", "misses"),
    [
        ("P1.waitress", 0.50, 1.0, False),
        ("P1.waitress", 0.49, 1.0, True),
        ("P1.waitress", 0.36, 0.7, False),
        ("P1.waitress", 0.34, 0.7, True),
        ("P7.orders", 5, 1.0, False),
        ("P7.orders", 6, 1.0, True),
        ("P7.orders", 7, 0.7, False),
        ("P14.sqlite", 0, 0.7, False),
        ("P14.sqlite", 1, 0.7, True),
        ("P8.distinct", 0, 1.0, False),
    ],
)
def test_a_mark_is_missed_in_the_direction_that_is_worse(goal: str, value: float, share: float, misses: bool) -> None:
    assert GOALS[goal].misses(value, share=share) is misses


def test_of_two_figures_of_one_goal_the_better_counts() -> None:
    assert better(_figure("P1.waitress", 0.4), _figure("P1.waitress", 0.6)).value == 0.6
    assert better(_figure("P9", 4.0), _figure("P9", 2.1)).value == 2.1


def test_the_table_says_why_a_floor_or_a_stretch_is_not_reached_and_nothing_else() -> None:
    figures = [_figure("P1.waitress", 0.1), _figure("P9", 3.0), _figure("P4", 1.2)]
    rows = {row.split(" | ")[0].strip("| "): row for row in report.table(report.as_json(figures, "here")).splitlines()}
    assert rows["P1.waitress"].endswith(f"| **no** | floor: {WHY['P1.waitress']} |")
    assert rows["P9"].endswith(f"| floor | stretch: {WHY['P9']} |")
    assert rows["P4"].endswith("| stretch |  |")
    assert "not measured" in rows["P13"]


def test_every_reason_belongs_to_a_goal() -> None:
    assert set(WHY) <= set(GOALS)
