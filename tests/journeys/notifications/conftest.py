"""An order's page and the link that was sent from it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.world import Page, World


@pytest.fixture
def page(world: World) -> Page:
    return world.open(world.order())


@pytest.fixture
def link(world: World, page: Page) -> dict[str, Any]:
    return world.sent(page)
