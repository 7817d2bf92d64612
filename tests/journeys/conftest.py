"""The world of one test, and its log lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import responses

from foundation.log import ALLOWED
from tests import factories
from tests.captured_logs import capture_logs
from tests.journeys.played_once import mark_beginning, played_once
from tests.journeys.world import Clock, Page, World
from tests.peers.core import FakeCore
from tests.peers.org import FakeOrg

# None of these may ever be in a log line.
UNSPEAKABLE = (
    factories.PHONE,
    factories.OTHER_PHONE,
    factories.CANVAS_SECRET,
    factories.OLD_CANVAS_SECRET,
    factories.CORE_KEY,
    factories.CALLBACK_KEY,
    factories.CALLBACK_PASSWORD,
    factories.LAUNCH_KEY,
    factories.THANDI.token,
    factories.SIPHO.token,
    "client-secret-b0b0",
    "integration-",
)


@pytest.fixture
def clock() -> Clock:
    """The time of this test."""
    return Clock()


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The log lines of this test, before anything is dropped from them; all of them are checked at the end."""
    with capture_logs() as captured:
        yield captured
    said = repr(captured)
    assert [one for one in UNSPEAKABLE if one in said] == []
    unnamed = {name for line in captured for name in line} - ALLOWED - {"log_level"}
    assert unnamed == set(), "these fields have no place on the log's list, so their lines would say nothing"


@pytest.fixture
def world(database_url: str, clock: Clock, lines: list[Any]) -> Iterator[World]:
    """A connector with one tenant, an org and a core that answers on the wire, and nobody else there."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as wire:
        org, core = FakeOrg(now=clock), FakeCore(clock)
        org.register(wire)
        core.register(wire)
        made = World(database_url, clock, org, core)
        made.tenant()
        made.lines = lines
        mark_beginning(made)
        yield made
        made.services.store.database.close()


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """The page of an order, opened by an agent."""
    return world.open(world.order())


@pytest.fixture
@played_once
def link(world: World, page: Page) -> dict[str, Any]:
    """The answer to the link that was sent from that page."""
    return world.sent(page)
