"""Waits between attempts: doubling, never beyond the longest, spread where many fail together."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from foundation.backoff import backoff, jittered


@pytest.mark.parametrize(
    ("retries", "seconds"), [(-1, 2), (0, 2), (1, 4), (2, 8), (7, 256), (8, 300), (20, 300), (10**9, 300)]
)
def test_the_wait_doubles_up_to_the_longest(retries: int, seconds: int) -> None:
    assert backoff(retries, first=2, longest=300) == timedelta(seconds=seconds)


def test_a_jittered_wait_is_half_of_it_to_all_of_it() -> None:
    waits = [jittered(timedelta(seconds=8), random.Random(seed)) for seed in range(200)]
    assert min(waits) >= timedelta(seconds=4)
    assert max(waits) <= timedelta(seconds=8)
    assert max(waits) - min(waits) > timedelta(seconds=3)
