"""How long to wait before something that failed is tried again."""

from __future__ import annotations

import random
from datetime import timedelta

_MOST_DOUBLINGS = 20  # no longest wait is reached later, and 2 ** attempts would grow without end


def backoff(retries: int, *, first: float, longest: float) -> timedelta:
    """Return the wait (``first`` and ``longest`` in seconds) after ``retries`` earlier ones: it doubles each time."""
    return timedelta(seconds=min(longest, first * 2 ** max(0, min(retries, _MOST_DOUBLINGS))))


def jittered(wait: timedelta, rng: random.Random) -> timedelta:
    """Return half to all of a wait, so that what failed together is not tried again together."""
    return wait * rng.uniform(0.5, 1.0)
