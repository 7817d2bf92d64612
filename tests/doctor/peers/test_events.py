"""What an org lacks for events: named with where to click. Events are published to the sandbox's own org."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connector.journeys.news.ring_bells import CHECKED_AFTER
from connector.store.health import due_checks
from connector.workers.news_delivery import NewsDelivery
from tests.doctor.clinic import Clinic

SET = "Chat2Pay_Integration_Events"


def named(clinic: Clinic) -> list[str]:
    return [one.subject for one in clinic.findings() if one.check == "payment_events"]


@pytest.fixture
def publisher(clinic: Clinic) -> Clinic:
    """A deployment that publishes events, whose user may."""
    sets = {"permission_sets": ["Chat2Pay_Integration", SET]}
    clinic.control("PATCH", f"users/{clinic.user('Integration')['id']}", sets)
    clinic.keep(replace(clinic.tenant, policy=replace(clinic.tenant.policy, payment_events=True)))
    return clinic


def pay(clinic: Clinic) -> None:
    """Let a link be sent and paid, and its records be written."""
    assert clinic.send().status_code == 201
    clinic.callback(clinic.core.happen(clinic.core.last(), "PAYMENT_RECEIVED"))
    clinic.clock.pass_by(seconds=3)
    clinic.push()
    clinic.clock.pass_by(seconds=3)


def test_a_paid_request_is_an_event_in_the_org_that_names_its_record(publisher: Clinic) -> None:
    assert named(publisher) == []
    pay(publisher)
    NewsDelivery().deliver(publisher.services, patience=30)
    (event,) = publisher.control("GET", "events")
    assert event["event"] == "Chat2Pay_Payment_Event__e"
    record = event["values"]["Payment_Request_Id__c"]
    org = publisher.org.extensions["org"]
    assert org.records.get("Chat2Pay_Payment_Request__c", record)["Reference__c"] == event["values"]["Reference__c"]


def test_an_event_that_our_user_may_not_see_or_publish_is_named(publisher: Clinic) -> None:
    users = f"users/{publisher.user('Integration')['id']}"
    publisher.control("PATCH", users, {"permission_sets": ["Chat2Pay_Integration"]})
    assert named(publisher) == [""]
    publisher.control("PATCH", users, {"permission_sets": ["Chat2Pay_Integration", SET]})
    body = {"objects": {"Chat2Pay_Payment_Event__e": {"PermissionsCreate": False}}}
    publisher.control("PATCH", f"permission-sets/{SET}", body)
    assert named(publisher) == ["create"]


def test_an_allocation_that_is_used_up_is_named_and_the_event_comes_later(publisher: Clinic) -> None:
    delivery = NewsDelivery()
    pay(publisher)
    publisher.control("PUT", "faults", {"event_limit": 1})
    publisher.org.extensions["org"].writer.bus.publish("Other__e", {}, user_id="another", allowed=1)
    delivery.deliver(publisher.services, patience=30)
    assert sorted(named(publisher)) == ["LIMIT_EXCEEDED", "allocation"]
    with publisher.services.store.write() as work:
        later = publisher.services.now() + CHECKED_AFTER
        assert "payment_events" in due_checks.claim_due(work, now=later)[publisher.tenant.tenant_id], "and by itself"
    publisher.control("DELETE", "faults")
    publisher.clock.pass_by(seconds=301)
    delivery.deliver(publisher.services, patience=30)
    assert [one["event"] for one in publisher.control("GET", "events")] == ["Other__e", "Chat2Pay_Payment_Event__e"]


@pytest.mark.parametrize(
    ("left", "most", "is_named"), [(0, 0, False), (20, 100, True), (21, 100, False)], ids=["none", "low", "enough"]
)
def test_an_allocation_is_named_once_a_fifth_of_it_is_left(
    publisher: Clinic, left: int, most: int, *, is_named: bool
) -> None:
    limits = {
        "DailyApiRequests": {"Max": 100_000, "Remaining": 99_000},
        "HourlyPublishedPlatformEvents": {"Max": most, "Remaining": left},
    }
    publisher.on_the_way = lambda request: (200, {}, json.dumps(limits)) if "/limits" in str(request.url) else None
    assert named(publisher) == (["allocation"] if is_named else [])


def test_a_tenant_without_events_is_asked_for_nothing(clinic: Clinic) -> None:
    assert named(clinic) == []
    pay(clinic)
    NewsDelivery().deliver(clinic.services, patience=30)
    assert clinic.control("GET", "events") == []
