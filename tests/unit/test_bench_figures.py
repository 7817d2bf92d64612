"""What the bench makes of its figures: which marks are missed, which of two counts, what the table admits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.__main__ import _measured_fairly
from benchmarks.explanations import EXPLANATIONS
from benchmarks.goals import GOALS, Figure, better
from benchmarks.harness.rounds import Bench


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


@pytest.mark.parametrize(
    ("quick", "looks", "counts"),
    [
        (True, [0.1, 0.2, 0.6], 0.6),
        (True, [0.2, 0.1, 0.3, 0.6], 0.3),
        (True, [0.5, 0.9], 0.5),
        (False, [0.1, 0.6], 0.1),
    ],
    ids=["the third look reaches it", "a fourth is not taken", "the first look reaches it", "a full run looks once"],
)
def test_a_quick_run_looks_again_at_what_misses(tmp_path: Path, quick: bool, looks: list[float], counts: float) -> None:
    values = iter(looks)

    def scale(_: Bench) -> Iterator[Figure]:
        yield _figure("P1.waitress", next(values))

    (found,) = _measured_fairly(scale, Bench(folder=tmp_path, quick=quick))
    assert found.value == counts


def test_the_table_says_why_a_floor_or_a_stretch_is_not_reached_and_nothing_else() -> None:
    figures = [_figure("P1.waitress", 0.1), _figure("P9", 3.0), _figure("P4", 1.2)]
    rows = {row.split(" | ")[0].strip("| "): row for row in report.table(report.as_json(figures, "here")).splitlines()}
    assert rows["P1.waitress"].endswith(f"| **no** | floor: {EXPLANATIONS['P1.waitress']} |")
    assert rows["P9"].endswith(f"| floor | stretch: {EXPLANATIONS['P9']} |")
    assert rows["P4"].endswith("| stretch |  |")
    assert "not measured" in rows["P13"]


def test_every_reason_belongs_to_a_goal() -> None:
    assert set(EXPLANATIONS) <= set(GOALS)
