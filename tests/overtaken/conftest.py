"""Lends these tests the world of the journeys, and a page of somebody who may do everything."""

from __future__ import annotations

import pytest

from tests.factories import THANDI
from tests.journeys.conftest import clock, lines, world
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World

__all__ = ["clock", "lines", "world"]


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may do everything, on an order of R115 without a link."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}}
    return world.open(world.order())
