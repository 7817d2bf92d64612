"""How an org takes request records is read in one call an hour, by whoever pushes first."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from foundation import single_flight
from tests.factories import THANDI
from tests.journeys.syncing.test_refused_fields import describe, on_one_database, record
from tests.journeys.world import Clock, World
from tests.peers.describing import REQUESTS, shipped

PATIENCE = 60
pytestmark = on_one_database


@pytest.fixture(autouse=True)
def org(world: World) -> Any:
    """An org with the metadata of this version."""
    world.org.describes[REQUESTS] = describe(shipped(REQUESTS))
    world.org.answers["Organization"] = [{"TimeZoneSidKey": "Pacific/Kiritimati"}]
    world.org.roles[THANDI.user_id] = "Sales Durban"
    return world.org


def calls_of_a_push(world: World) -> int:
    """The calls, logins apart, that it takes to write a new request."""
    world.sent(world.open(world.order()))
    before = world.org.calls - world.org.logins
    world.settle()
    return world.org.calls - world.org.logins - before


def test_fields_zone_and_roles_take_one_call_an_hour(world: World, clock: Clock) -> None:
    first = calls_of_a_push(world)
    assert (first, calls_of_a_push(world)) == (2, 1)
    assert {(one["Team__c"], one["Sent_Hour__c"]) for one in world.org.requests.values()} == {("Sales Durban", 0)}
    clock.pass_by(minutes=61)
    assert calls_of_a_push(world) == 2


def test_pushes_at_once_read_them_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = threading.Event()

    class Watched(Future[Any]):
        def result(self, timeout: float | None = None) -> Any:
            joined.set()
            return super().result(timeout)

    monkeypatch.setattr(single_flight, "Future", Watched)
    world.org.before_query = lambda: joined.wait(PATIENCE)  # the first read lasts until the second push waits for it
    facts, acme = world.services.salesforce.request_facts, world.acme
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(facts.of, acme, []) for _ in range(2)]
    assert joined.is_set()
    assert both[0].result() == both[1].result()
    assert {"sent_hour", "needs_person"} <= both[0].result().names
    assert world.org.calls - world.org.logins == 1


def test_a_refused_description_costs_no_record_and_is_asked_for_a_minute_later(world: World, clock: Clock) -> None:
    shown, world.org.describes[REQUESTS] = world.org.describes[REQUESTS], "INSUFFICIENT_ACCESS"
    assert calls_of_a_push(world) == 2
    assert "OwnerId" not in record(world)
    assert record(world)["Status__c"] == "sent"
    assert calls_of_a_push(world) == 1
    world.org.describes[REQUESTS] = shown
    clock.pass_by(minutes=2)
    assert calls_of_a_push(world) == 2
    assert [one.get("OwnerId") for one in world.org.requests.values()] == [None, None, THANDI.user_id]


def test_a_team_is_written_from_the_moment_that_the_org_has_the_field(world: World) -> None:
    shown, facts = shipped(REQUESTS), world.services.salesforce.request_facts
    for fields in ([one for one in shown if one["name"] != "Team__c"], shown):
        world.org.describes[REQUESTS] = describe(fields)
        facts.look_again(world.acme)
        calls_of_a_push(world)
    assert [one.get("Team__c") for one in world.org.requests.values()] == [None, "Sales Durban"]


def test_an_org_that_is_down_is_asked_again_with_the_push(world: World, clock: Clock) -> None:
    world.sent(world.open(world.order()))
    world.org.call_fails = (503, "away")
    world.settle()
    assert world.org.requests == {}
    world.org.call_fails = None
    clock.pass_by(minutes=10)
    world.settle()
    assert record(world)["Team__c"] == "Sales Durban"


def test_an_org_that_refuses_every_call_is_asked_once_by_each_try(world: World) -> None:
    world.sent(world.open(world.order()))
    world.org.call_fails = (403, '[{"errorCode": "API_DISABLED_FOR_ORG", "message": "private words"}]')
    before = world.org.calls - world.org.logins
    world.settle()
    assert world.org.calls - world.org.logins - before == 1
    assert world.row("outbox")["reason"] == "API_DISABLED_FOR_ORG"
