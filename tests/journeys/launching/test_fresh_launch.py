"""A launch that says when its page was asked for, where the tenant requires that."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import ORIGINS, envelope, sign
from tests.journeys.launching.test_launch import assert_refused, reasons
from tests.journeys.world import World

REQUIRED = {"rights_from": "order_access", "require_launched_at": True}


def dated(world: World, order_id: str, *, seconds: float, shape: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    """What Canvas signs after the lifecycle class has dated it, so many seconds from now."""
    return placed(order_id, (world.clock() + timedelta(seconds=seconds)).strftime(shape))


def placed(order_id: str, launched_at: Any, *, as_text: bool = False) -> str:
    content = envelope(order_id)
    parameters = {"orderId": order_id, "launchedAt": launched_at}
    content["context"]["environment"]["parameters"] = json.dumps(parameters) if as_text else parameters
    return sign(content)


@pytest.mark.parametrize("seconds", [-300, -299, 0, 60])
def test_opens_within_five_minutes_and_a_minute_ahead(world: World, seconds: float) -> None:
    world.tenant(policy=REQUIRED)
    assert world.post_launch(dated(world, world.order(), seconds=seconds)).status_code == 200


@pytest.mark.parametrize(("seconds", "reason"), [(-301, "launch_old"), (61, "launch_ahead")])
def test_refuses_what_is_older_or_further_ahead(world: World, lines: list[Any], seconds: float, reason: str) -> None:
    world.tenant(policy=REQUIRED)
    answer = world.post_launch(dated(world, world.order(), seconds=seconds))
    assert_refused(answer, world, status=403, sentence="launch_not_fresh", origins=ORIGINS)
    assert reasons(lines) == [reason]
    assert world.org.calls == 0
    assert (reason, "launches_refused") in {(one["subject"], one["check"]) for one in world.rows("findings")}


_OUTSIDE = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


@pytest.mark.parametrize(
    "launched_at", [None, "", "today", 1_764_000_000_000, "2026-03-02T08:00:00", [], {}, *_OUTSIDE]
)
def test_refuses_what_names_no_time_with_a_zone(world: World, lines: list[Any], launched_at: Any) -> None:
    world.tenant(policy=REQUIRED)
    answer = world.post_launch(placed(world.order(), launched_at))
    assert_refused(answer, world, status=403, sentence="launch_undated", origins=ORIGINS)
    assert reasons(lines) == ["launch_undated"]


def test_a_launch_that_was_refused_so_opens_when_it_is_asked_for_again(world: World) -> None:
    world.tenant(policy=REQUIRED)
    order_id = world.order()
    assert world.post_launch(dated(world, order_id, seconds=-900)).status_code == 403
    assert world.post_launch(dated(world, order_id, seconds=0)).status_code == 200
    assert world.rows("findings") == []


@pytest.mark.parametrize("shape", ["%Y-%m-%dT%H:%M:%S.000+0000", "%Y-%m-%dT%H:%M:%S.123Z", "%Y-%m-%dT%H:%M:%S+00:00"])
def test_reads_the_forms_in_which_apex_writes_a_time(world: World, shape: str) -> None:
    world.tenant(policy=REQUIRED)
    assert world.post_launch(dated(world, world.order(), seconds=-60, shape=shape)).status_code == 200


def test_reads_parameters_that_come_as_text(world: World) -> None:
    world.tenant(policy=REQUIRED)
    signed = placed(world.order(), world.clock().strftime("%Y-%m-%dT%H:%M:%SZ"), as_text=True)
    assert world.post_launch(signed).status_code == 200


@pytest.mark.parametrize("seconds", [-86_400, 3_600])
def test_is_not_looked_at_without_the_policy(world: World, seconds: float) -> None:
    assert world.post_launch(dated(world, world.order(), seconds=seconds)).status_code == 200
