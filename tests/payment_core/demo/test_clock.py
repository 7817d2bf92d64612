"""The demo's clock is moved forward only, by at most a year at once, and keeps its place when the demo starts again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from foundation.clock import utc_now
from payment_core.demo.clocks.clock import FURTHEST_SECONDS, DemoClock
from payment_core.demo.tables import metadata
from payment_core.errors import Refusal
from payment_core.services import Core

pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def start(core: Core) -> Callable[[], DemoClock]:
    """A function that starts the demo's clock, again if it was started before."""
    with core.transactions.database.write() as connection:
        metadata.create_all(connection)
    return lambda: DemoClock(core.transactions.database)


def test_a_move_is_added_and_survives(start: Callable[[], DemoClock]) -> None:
    clock = start()
    assert clock.offset_seconds == 0
    moves: tuple[Any, ...] = (0, 90, Decimal("0.5"), FURTHEST_SECONDS)
    for seconds in moves:
        clock.advance(seconds)
    moved = FURTHEST_SECONDS + 90.5
    assert (clock.offset_seconds, start().offset_seconds) == (moved, moved)
    before = utc_now()
    assert clock() >= before + timedelta(seconds=moved)


@pytest.mark.parametrize("seconds", [-1, -0.1, FURTHEST_SECONDS + 1, True, None, "90", [], float("nan")], ids=repr)
def test_what_would_turn_it_back_or_is_no_number_moves_nothing(start: Callable[[], DemoClock], seconds: object) -> None:
    clock = start()
    with pytest.raises(Refusal) as refused:
        clock.advance(seconds)
    assert (refused.value.status, refused.value.field) == (422, "advance_s")
    assert (clock.offset_seconds, start().offset_seconds) == (0, 0)
