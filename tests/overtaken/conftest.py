"""Lends these tests the world of the journeys, a page of somebody who may do everything, and a thread beside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import pytest
from sqlalchemy import text

from tests.factories import THANDI
from tests.journeys.conftest import clock, lines, world
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World

__all__ = ["clock", "lines", "world"]
Meanwhile = Callable[[Callable[[], Any]], Future[Any]]


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may do everything, on an order of R115 without a link."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}}
    return world.open(world.order())


@pytest.fixture
def meanwhile(world: World) -> Iterator[Meanwhile]:
    """Begin a step in another thread; return when it waits for a lock, or has ended without."""
    with ThreadPoolExecutor(1) as pool:

        def begin(step: Callable[[], Any]) -> Future[Any]:
            begun = pool.submit(step)
            while not begun.done() and not _somebody_waits(world):
                wait([begun], timeout=0.01)
            return begun

        yield begin


def _somebody_waits(world: World) -> bool:
    query = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    with world.services.store.read() as work:
        return work.connection.execute(query).first() is not None
