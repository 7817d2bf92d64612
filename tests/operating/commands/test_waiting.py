"""A command that waits for the server asks again and again, and leaves it most of the time."""

from __future__ import annotations

import pytest

from connector.commands.console import waiting
from connector.commands.console.waiting import paced_polls


class Clock:
    """A time that only sleeping and asking move."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(round(seconds, 3))


@pytest.mark.parametrize(
    ("seconds", "each_takes", "slept"),
    [
        (0, 0.0, []),
        (0.5, 0.0, [0.2, 0.2, 0.1]),
        # A fifth of the time is the query's at most.
        (1.4, 0.2, [0.8, 0.2]),
        (1.4, 2.0, []),
    ],
)
def test_polls_are_paced_by_how_long_each_takes_and_the_last_is_at_the_end(
    monkeypatch: pytest.MonkeyPatch, seconds: float, each_takes: float, slept: list[float]
) -> None:
    clock = Clock()
    monkeypatch.setattr(waiting, "time", clock)
    polls = 0
    for _ in paced_polls(seconds):
        polls += 1
        clock.now += each_takes
    assert (clock.slept, polls) == (slept, len(slept) + 1)
