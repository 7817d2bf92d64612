"""A limit per minute that all processes share: each takes several calls at a time, and none that is not there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.store.tenants.call_rates import CallRate

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Allowance:
    """What is left of a minute's calls, and what was asked for."""

    def __init__(self) -> None:
        self.taken: dict[tuple[str, datetime], int] = {}
        self.asked: list[int] = []

    def take(self, name: str, /, *, wanted: int, most: int, minute: datetime) -> int:
        self.asked.append(wanted)
        before = self.taken.get((name, minute), 0)
        self.taken[name, minute] = before + wanted
        return max(0, min(wanted, most - before))


def waits(rate: CallRate, calls: int, *, name: str = "a", most: int = 10, now: datetime = AT) -> list[int | None]:
    return [rate.seconds_to_wait(name, most=most, now=now) for _ in range(calls)]


def test_calls_are_taken_several_at_a_time_and_the_last_ones_too() -> None:
    shared = Allowance()
    rate = CallRate(shared.take, at_once=4)
    assert waits(rate, 8) == [None] * 8
    assert shared.asked == [4, 4]
    assert waits(rate, 4) == [None, None, 60, 60]
    assert shared.asked == [4, 4, 4, 4], "a name without room is not asked for again in its minute"


def test_what_another_process_has_taken_is_gone() -> None:
    shared = Allowance()
    one, other = (CallRate(shared.take, at_once=4) for _ in range(2))
    assert waits(one, 5) == [None] * 5
    assert waits(other, 3) == [None, None, 60]


def test_every_minute_and_every_name_has_calls_of_its_own() -> None:
    rate = CallRate(Allowance().take, at_once=4)
    assert waits(rate, 3, most=2) == [None, None, 60]
    assert waits(rate, 3, most=2, name="b") == [None, None, 60]
    later = AT + timedelta(seconds=60)
    assert waits(rate, 3, most=2, now=later - timedelta(seconds=1)) == [1, 1, 1]
    assert waits(rate, 3, most=2, now=later) == [None, None, 60]


@pytest.mark.parametrize(("second", "wait"), [(0, 60), (50, 10), (59.4, 1), (59.9, 1)])
def test_a_refused_call_waits_for_the_next_minute_and_a_second_at_least(second: float, wait: int) -> None:
    rate = CallRate(Allowance().take, at_once=4)
    assert waits(rate, 1, most=0, now=AT + timedelta(seconds=second)) == [wait]


def test_a_large_call_counts_as_several_and_uses_up_what_is_left_for_small_ones() -> None:
    shared = Allowance()
    rate = CallRate(shared.take, at_once=4)

    def large(units: int) -> int | None:
        return rate.seconds_to_wait("a", most=10, now=AT, units=units)

    assert [large(4), large(3), large(1), large(2), large(1)] == [None, None, None, None, 60]
    assert shared.asked == [4, 4, 4, 4]
