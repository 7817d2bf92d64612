"""Slots for bodies: slow senders are refused, a busy moment is waited for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from foundation.body_slots import BodySlots
from foundation.errors import TryLater


def test_a_slot_that_nobody_returns_is_not_waited_for() -> None:
    slots = BodySlots(1)
    with slots.reading("callback"), pytest.raises(TryLater, match="Try again in a moment"), slots.reading("callback"):
        pass


def test_each_kind_of_request_has_its_own() -> None:
    slots = BodySlots(1)
    with slots.reading("callback"), slots.reading("launch"):
        pass


def test_a_refused_request_takes_no_slot() -> None:
    slots = BodySlots(1)
    with slots.reading("api"), pytest.raises(TryLater), slots.reading("api"):
        pass
    with slots.reading("api"):
        pass


def test_where_slots_are_returned_everybody_gets_one_in_the_end() -> None:
    slots = BodySlots(1)

    def read(_: int) -> None:
        with slots.reading("callback"):
            time.sleep(0.015)  # twenty in a row take longer than any of them would wait for a slot that is held

    with ThreadPoolExecutor(20) as pool:
        assert len(list(pool.map(read, range(20)))) == 20
