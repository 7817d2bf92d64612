"""An agent whom the org refuses as owner is remembered for an hour: records go to the queue at once, and the log names them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector import metrics
from tests.factories import SIPHO, THANDI, Agent
from tests.journeys.syncing.test_refused_fields import QUEUE_ID, describe, on_one_database, refuse
from tests.journeys.world import Clock, World
from tests.peers.describing import REQUESTS, shipped

pytestmark = on_one_database


@pytest.fixture(autouse=True)
def org(world: World) -> Any:
    """An org with the metadata of this version, and a queue."""
    world.org.describes[REQUESTS] = describe(shipped(REQUESTS))
    world.org.answers["Organization"] = [{"TimeZoneSidKey": "Africa/Johannesburg"}]
    world.org.answers["Group"] = [{"Id": QUEUE_ID}]
    return world.org


def sent_by(world: World, agent: Agent = THANDI) -> dict[str, Any]:
    """The record of a new request of an agent, and the writes that it took."""
    page = world.open(world.order(agent), agent)
    world.sent(page)
    before = len(world.org.writes)
    world.settle()
    found = next(one for one in world.org.requests.values() if one["Order__c"] == page.order_id)
    return {"owner": found.get("OwnerId"), "writes": len(world.org.writes) - before, **found}


def owner_and_writes(world: World, agent: Agent = THANDI) -> tuple[str | None, int]:
    found = sent_by(world, agent)
    return found["owner"], found["writes"]


def refused_lines(lines: list[Any]) -> list[Any]:
    return [one for one in lines if one["event"] == "request_people_refused"]


def counted() -> float:
    """How many records the metric has counted that the org did not take with all their people."""
    return sum(metrics.registry.counts(metrics.PEOPLE_REFUSED).values())


def test_the_next_records_of_a_refused_owner_go_to_the_queue_at_once(world: World, lines: list[Any]) -> None:
    refuse(world, "OwnerId", "TRANSFER_REQUIRES_READ", THANDI.user_id)
    before = counted()
    assert owner_and_writes(world) == (QUEUE_ID, 2)
    assert counted() - before == 1
    second = sent_by(world)
    assert counted() - before == 2
    assert (second["owner"], second["writes"], second["Attempt__c"]) == (QUEUE_ID, 1, 1)
    assert len([one for one in world.org.queries if " FROM Group " in one[1]]) == 1
    assert owner_and_writes(world, SIPHO) == (SIPHO.user_id, 1)
    first, again = refused_lines(lines)
    assert (again["reason"], again["count"], again["user"]) == ("TRANSFER_REQUIRES_READ", 1, THANDI.user_id)
    assert first["count"] == 1


def test_after_an_hour_the_owner_is_tried_again(world: World, lines: list[Any], clock: Clock) -> None:
    refuse(world, "OwnerId", "INACTIVE_OWNER_OR_USER", THANDI.user_id)
    sent_by(world)
    clock.pass_by(minutes=50)
    assert owner_and_writes(world) == (QUEUE_ID, 1)
    world.org.answers_with = lambda _record: None
    clock.pass_by(minutes=9)
    assert owner_and_writes(world) == (QUEUE_ID, 1)
    clock.pass_by(minutes=2)
    assert owner_and_writes(world) == (THANDI.user_id, 1), "what was remembered meanwhile did not last longer for it"
    assert len(refused_lines(lines)) == 3


def test_an_owner_who_is_refused_without_a_named_field_is_remembered_too(world: World) -> None:
    def answer(sent: dict[str, Any]) -> list[dict[str, Any]] | None:
        people = {sent.get("OwnerId"), sent.get("Requested_By_User__c"), sent.get("Handled_By_User__c")}
        refusal = {"statusCode": "INACTIVE_OWNER_OR_USER", "message": "operation with inactive user", "fields": []}
        return [refusal] if THANDI.user_id in people else None

    world.org.answers_with = answer
    assert owner_and_writes(world) == (QUEUE_ID, 2)
    assert owner_and_writes(world) == (QUEUE_ID, 1)


def test_a_colleague_whom_the_org_refuses_is_not_held_against_the_sender(world: World) -> None:
    def answer(sent: dict[str, Any]) -> list[dict[str, Any]] | None:
        refusal = {"statusCode": "INACTIVE_OWNER_OR_USER", "message": "operation with inactive user", "fields": []}
        return [refusal] if sent.get("Handled_By_User__c") == SIPHO.user_id else None

    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    world.cancel(world.open(page.order_id, SIPHO), world.row("payment_requests")["reference"])
    world.org.answers_with = answer
    world.settle()
    assert owner_and_writes(world) == (THANDI.user_id, 1)


def test_a_refused_queue_is_remembered_beside_the_agent(world: World) -> None:
    refuse(world, "OwnerId", "INVALID_CROSS_REFERENCE_KEY")
    assert owner_and_writes(world) == (None, 3)
    later = sent_by(world)
    assert (later["owner"], later["writes"]) == (None, 1)
    assert later["Attempt__c"] == 1, "the optional fields are written beside"


@pytest.mark.parametrize("field", ["Requested_By_User__c", "Team__c"])
def test_a_refused_field_says_nothing_of_the_owner(world: World, field: str) -> None:
    world.org.roles[THANDI.user_id] = "Sales Durban"
    refuse(world, field, "INVALID_CROSS_REFERENCE_KEY")
    sent_by(world)
    world.org.answers_with = lambda _record: None
    assert owner_and_writes(world) == (THANDI.user_id, 1)


def test_a_push_of_a_written_record_names_nobody(world: World, lines: list[Any]) -> None:
    refuse(world, "OwnerId", "TRANSFER_REQUIRES_READ", THANDI.user_id)
    page = world.open(world.order())
    link = world.sent(page)
    world.settle()
    lines.clear()
    before = len(world.org.writes)
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    assert len(world.org.writes) - before == 1
    assert refused_lines(lines) == []


def test_where_a_lookup_is_refused_before_the_owner_the_queue_is_not_blamed(world: World) -> None:
    def answer(sent: dict[str, Any]) -> list[dict[str, Any]] | None:
        field = "Handled_By_User__c" if sent.get("Handled_By_User__c") else "OwnerId"
        refusal = {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "no", "fields": [field]}
        return [refusal] if sent.get(field) == THANDI.user_id else None

    world.org.answers_with = answer
    sent_by(world)
    assert owner_and_writes(world) == (QUEUE_ID, 1)


def test_a_record_that_is_refused_for_another_reason_names_nobody(world: World, lines: list[Any]) -> None:
    refuse(world, "OwnerId", "TRANSFER_REQUIRES_READ", THANDI.user_id)
    sent_by(world)
    lines.clear()
    rule = {"statusCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "message": "no", "fields": []}
    world.org.answers_with = lambda _record: [rule]
    world.sent(world.open(world.order()))
    world.settle()
    assert refused_lines(lines) == []


def test_an_agent_without_whom_the_record_is_refused_too_is_not_remembered(world: World) -> None:
    def answer(sent: dict[str, Any]) -> list[dict[str, Any]] | None:
        refusal = {"statusCode": "INACTIVE_OWNER_OR_USER", "message": "no", "fields": []}
        return [refusal] if sent.get("Attempt__c") is not None else None

    world.org.answers_with = answer
    assert owner_and_writes(world) == (None, 3)
    world.org.answers_with = lambda _record: None
    assert owner_and_writes(world) == (THANDI.user_id, 1)


def test_a_queue_that_is_refused_later_does_not_prolong_what_is_remembered_of_the_agent(
    world: World, clock: Clock
) -> None:
    refuse(world, "OwnerId", "TRANSFER_REQUIRES_READ", THANDI.user_id)
    assert owner_and_writes(world) == (QUEUE_ID, 2)
    clock.pass_by(minutes=50)
    refuse(world, "OwnerId", "TRANSFER_REQUIRES_READ")
    assert sent_by(world)["owner"] is None
    clock.pass_by(minutes=11)
    world.org.answers_with = lambda _record: None
    assert owner_and_writes(world) == (THANDI.user_id, 1)


def test_whom_one_org_refuses_is_nobody_to_another(world: World, clock: Clock) -> None:
    """A sandbox that was copied has the ids of its users, too."""
    facts, globex = world.services.salesforce.request_facts, replace(world.acme, tenant_id="globex")
    facts.note_refused_owner(world.acme, THANDI.user_id, "INACTIVE_OWNER_OR_USER")
    facts.note_refused_owner(globex, SIPHO.user_id, "TRANSFER_REQUIRES_READ")
    refused = {THANDI.user_id: "INACTIVE_OWNER_OR_USER"}, {SIPHO.user_id: "TRANSFER_REQUIRES_READ"}
    assert (facts.refused_owners(world.acme), facts.refused_owners(globex)) == refused
    clock.pass_by(minutes=60)
    assert (facts.refused_owners(world.acme), facts.refused_owners(globex)) == ({}, {})
