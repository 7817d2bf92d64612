"""Slots for bodies: slow senders of one kind of request leave threads to the others."""

from __future__ import annotations

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
