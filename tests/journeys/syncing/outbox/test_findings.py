"""What is told of orders that Salesforce does not take: within seconds, with their numbers, until they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from connector.domain.health.finding import Finding
from connector.store.health import due_checks
from connector.store.health.findings import stored_findings
from connector.store.schema.tables import outbox
from connector.workers.nightly import examine_all, run_checks_by_day
from tests.journeys.crowds import crowd, go_on
from tests.journeys.world import World

RULE = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "Ask Ms Miller.", "fields": ["Reason__c"]}


def told(world: World) -> list[Finding]:
    """What is open about orders once the looks that are due now were taken."""
    run_checks_by_day(world.services)
    with world.services.store.read() as work:
        return [one.finding for one in stored_findings(work, "acme") if one.finding.check == "orders_refused"]


def events(lines: list[Any], name: str) -> list[Any]:
    return [line for line in lines if line["event"] == name and line["kind"] == "orders_refused"]


def test_a_refusal_is_a_finding_with_its_orders_within_seconds_and_goes_with_the_fix(
    world: World, lines: list[Any]
) -> None:
    world.org.answers_with = lambda _record: [RULE]
    crowd(world, 5)
    go_on(world, seconds=20)
    (finding,) = told(world)
    assert finding.check == "orders_refused"
    assert "5 orders (N0, N1, N2 and 2 more)" in finding.problem
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION at Reason__c" in finding.problem
    assert "chat2pay outbox list --tenant acme --cause order." in finding.remedy
    assert "Miller" not in repr((finding, lines))
    go_on(world, seconds=600)
    assert len(events(lines, "finding_new")) == 1
    world.org.answers_with = lambda _record: None
    go_on(world, seconds=300)
    assert told(world) == []
    assert len(events(lines, "finding_gone")) == 1


def test_a_new_refusal_makes_its_check_due_at_once(world: World) -> None:
    assert told(world) == []
    world.org.answers_with = lambda _record: [RULE]
    crowd(world, 1)
    world.push()
    with world.services.store.write() as work:
        assert due_checks.claim_due(work, now=world.clock())["acme"] == {"orders_refused"}


def test_a_status_that_alone_was_refused_is_told_as_that(world: World) -> None:
    world.tenant(mapping={"write_status": {"values": {"unpaid": "Nowhere"}}})
    crowd(world, 2)
    go_on(world, seconds=20)
    (finding,) = told(world)
    assert "the mapped Status of 2 orders (N0, N1)" in finding.problem
    assert "say what was paid, and keep their Status" in finding.impact


def test_a_code_that_nobody_listed_is_told_too(world: World) -> None:
    world.org.answers_with = lambda _record: [{"statusCode": "A_CODE_OF_NEXT_YEAR", "message": "?", "fields": []}]
    crowd(world, 1)
    go_on(world, seconds=20)
    (finding,) = told(world)
    assert "A_CODE_OF_NEXT_YEAR" in finding.problem


def test_what_should_pass_and_does_not_is_told_after_a_while(world: World) -> None:
    world.org.call_fails = (500, '[{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]')
    crowd(world, 2)
    go_on(world, seconds=600)
    assert told(world) == []
    go_on(world, seconds=600)
    (finding,) = told(world)
    assert "2 orders (N0, N1)" in finding.problem
    assert "UNKNOWN_EXCEPTION" in finding.problem
    world.org.call_fails = None
    go_on(world, seconds=320)
    assert told(world) == []


def test_of_many_that_do_not_pass_those_that_wait_longest_are_named(world: World) -> None:
    world.org.call_fails = (500, '[{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."}]')
    *_, longest = crowd(world, 4)
    go_on(world, seconds=1200)
    with world.services.store.write() as work:
        earlier = {"failing_since": world.clock() - timedelta(hours=1), "reason": "QUERY_TIMEOUT"}
        work.connection.execute(update(outbox).where(outbox.c.order_id == longest).values(earlier))
    (finding,) = told(world)
    assert "4 orders (N3, N0, N1 and 1 more)" in finding.problem
    assert "QUERY_TIMEOUT" in finding.problem


def test_many_causes_are_named_by_the_largest(world: World) -> None:
    ids = crowd(world, 60)
    places = {order_id: place for place, order_id in enumerate(ids)}
    world.org.answers_with = lambda one: [{**RULE, "fields": [f"F{min(places[one['id']], 30)}__c"]}]
    go_on(world, seconds=20)
    found = told(world)
    assert len(found) == 21
    assert any("30 orders" in one.problem for one in found)
    assert any("more than 20 causes" in one.problem for one in found)


def test_an_examination_by_night_leaves_them_as_they_are(world: World, lines: list[Any]) -> None:
    world.org.answers_with = lambda _record: [RULE]
    crowd(world, 1)
    go_on(world, seconds=20)
    assert len(told(world)) == 1
    examine_all(world.services)
    assert len(told(world)) == 1
    assert len(events(lines, "finding_new")) == 1
