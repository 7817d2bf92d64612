"""What a test did to its world before a fixture that is played once stays done; and nothing is left of an earlier test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import make_tenant
from tests.journeys.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def refusing(world: World) -> None:
    world.org.refuses["nobody"] = "CODE"


def hooked(world: World) -> None:
    world.core.on_send = world.core.sends.append


def named_anew(world: World) -> None:
    world.tenant(name="Another name")


def later(world: World) -> None:
    world.clock.pass_by(hours=1)


@pytest.mark.parametrize("change", [refusing, hooked, named_anew, later], ids=lambda one: one.__name__)
def test_a_world_that_was_touched_goes_on_as_it_is(
    world: World, request: pytest.FixtureRequest, change: Callable[[World], None]
) -> None:
    change(world)
    before = (dict(world.org.refuses), world.core.on_send, world.acme, world.clock.at)
    assert request.getfixturevalue("page").data["order"]["payment_requests"] == []
    assert request.getfixturevalue("link") == world.core.last()
    assert (dict(world.org.refuses), world.core.on_send, world.acme, world.clock.at) == before


@pytest.mark.parametrize("_again", [1, 2])
def test_each_test_has_a_world_of_its_own(world: World, link: dict[str, Any], _again: int) -> None:
    assert link is world.core.last()
    assert (len(world.core.links), len(world.core.sends), len(world.rows("payment_requests"))) == (1, 1, 1)
    assert (link["paymentStatus"], world.rows("inbox"), world.acme) == (None, [], make_tenant())
    world.told(link, "PAYMENT_RECEIVED")
    world.sent(world.open(world.order()))
    world.tenant(name="Another name")


def test_the_log_of_the_fixtures_is_that_of_each_test(link: dict[str, Any], lines: list[Any]) -> None:
    assert [line["event"] for line in lines if line["event"] == "launched"] == ["launched"]
