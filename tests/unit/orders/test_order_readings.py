"""Two readings of one order: the one that was begun later counts, unless a clock was wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.store.orders.orders import StoredOrder, is_outdated
from tests.unit.examples import NOW, make_order


@pytest.mark.parametrize(
    ("seconds", "outdated"),
    [(-1, False), (0, False), (0.001, True), (1, True), (119.999, True), (120, False), (3600, False)],
)
def test_a_reading_is_outdated_by_one_that_was_begun_up_to_two_minutes_later(seconds: float, outdated: bool) -> None:
    known = StoredOrder(make_order(read_at=NOW + timedelta(seconds=seconds)), version=1, revision=1)
    assert is_outdated(make_order(read_at=NOW), known) is outdated
    gone = replace(known, order=make_order(read_at=NOW - timedelta(hours=1)), unread_at=known.order.read_at)
    assert is_outdated(make_order(read_at=NOW), gone) is outdated, "the same where the later one did not show it"
