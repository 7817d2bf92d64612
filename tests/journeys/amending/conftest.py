"""What the tests of operations share: a tenant with a payment core of its own."""

from __future__ import annotations

import pytest

from tests.journeys.world import Page, World


@pytest.fixture
def own(world: World) -> World:
    """The world, whose tenant runs a core of its own."""
    world.with_own_core()
    return world


@pytest.fixture
def own_page(own: World) -> Page:
    """A page with a link that was sent by the tenant's own core."""
    page = own.open(own.order())
    own.sent(page)
    return page
