"""What a person decides where the core's record cannot: a release and a correction, each with a reason, recorded, alarmed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector import metrics
from connector.domain.payments.payment import Person
from connector.journeys.amending.correct_payment_request import Corrected, correct_payment_request
from connector.journeys.examining.deployment.examine_queues import examine_queues
from connector.journeys.reconciling.reconcile_tenant import Report, reconcile_tenant
from connector.store.inbox import inbox_admin
from connector.store.schema.tables import payment_requests
from tests.factories import THANDI, notification
from tests.journeys.keys import KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.world import Answer, Clock, Page, World

REASON = "The core has been down since noon"


def supervise(world: World) -> None:
    """Let rights come from custom permissions, and Thandi be a supervisor as well."""
    world.tenant(policy={"rights_from": "custom_permissions"})
    world.org.permissions[THANDI.user_id] = {"Chat2Pay_Send", "Chat2Pay_Supervise"}


@pytest.fixture
@played_once
def page(world: World) -> Page:
    supervise(world)
    return world.open(world.order())


@pytest.fixture
@played_once
def unknown(world: World, page: Page) -> str:
    """A request that the core may or may not have got, and a core that cannot be asked. Returns our reference."""
    world.core.drop_answers = True
    reference: str = world.send(page, key="key-00001").json["reference"]
    world.core.drop_answers, world.core.mute = False, True
    return reference


def release(world: World, page: Page, reference: str, **body: Any) -> Answer:
    given = {"reason": REASON} | body
    kept = {name: value for name, value in given.items() if value is not None}
    return world.client.post(f"/api/payment-requests/{reference}/release", json=kept, headers=page.headers)


def shown(world: World, page: Page, place: int = 0) -> dict[str, Any]:
    return world.look(page)["payment_requests"][place]


# --- release -----------------------------------------------------------------------------------------------------------


def test_gives_the_order_its_place_back_and_says_who_and_why(
    world: World, page: Page, unknown: str, lines: list[Any]
) -> None:
    assert "release" in shown(world, page)["actions"]
    before = sum(metrics.registry.counts(metrics.REQUESTS_RELEASED).values())
    told = release(world, page, unknown).json
    assert (told["outcome"], told["payment_request"]["live"]) == ("released", False)
    assert sum(metrics.registry.counts(metrics.REQUESTS_RELEASED).values()) == before + 1
    now = shown(world, page)
    assert (now["status"], now["states"]["link"], now["live"]) == ("unknown", "unknown", False)
    assert now["sentences"][0]["id"] == "released"
    assert now["timeline"][-1]["id"] == "timeline_released"
    assert now["timeline"][-1]["values"] == {"agent": "Thandi", "reason": REASON}
    assert "release" not in now["actions"]
    assert [(line["log_level"], line["reference"]) for line in lines if line["event"] == "request_released"] == [
        ("error", unknown)
    ]
    assert world.look(page)["can_send"] is True
    assert world.send(page, key="key-00002").status_code == 201


def test_reaches_salesforce_as_an_order_that_asks_for_nothing(world: World, page: Page, unknown: str) -> None:
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "requested"
    release(world, page, unknown)
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "unpaid"


def test_lets_another_link_be_sent_and_money_of_both_counts_and_alarms(
    world: World, page: Page, unknown: str, lines: list[Any]
) -> None:
    release(world, page, unknown)
    first = world.core.last()
    world.core.mute = False
    second = world.sent(page, key="key-00002")
    world.told(second, "PAYMENT_RECEIVED")
    world.told(first, "PAYMENT_RECEIVED")
    assert (world.look(page)["payment_state"], world.look(page)["amount_paid"]) == ("overpaid", "230.00")
    late = next(row for row in world.rows("payment_requests") if row["reference"] == unknown)
    assert late["money_after_close"]
    world.told(first, "PAYMENT_REVERSED")
    assert [line["reference"] for line in lines if line["event"] == "money_after_close"] == [unknown], "said once"


def test_is_asked_about_for_days_and_follows_the_cores_record(
    world: World, page: Page, unknown: str, clock: Clock
) -> None:
    release(world, page, unknown)
    world.core.mute = False
    clock.pass_by(minutes=5)
    world.sweep()
    now = shown(world, page)
    assert (now["status"], now["live"], world.look(page)["can_send"]) == ("sent", False, True)
    world.core.happen(world.core.last(), "PAYMENT_RECEIVED")
    clock.pass_by(minutes=5)
    world.sweep()
    assert shown(world, world.open(page.order_id))["status"] == "paid"


def test_stays_what_it_was_decided_to_be_where_the_core_never_hears_of_it(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lose_requests = True
    reference = world.send(page, key="key-00001").json["reference"]
    world.core.lose_requests = False
    release(world, page, reference)
    clock.pass_by(minutes=30)
    world.sweep()
    now = shown(world, world.open(page.order_id))
    assert (now["status"], now["sentences"][0]["id"]) == ("unknown", "released")


def test_is_a_finding_until_the_core_has_told(world: World, page: Page, unknown: str, clock: Clock) -> None:
    def found() -> list[str]:
        looks = examine_queues(tenant=world.acme, store=world.services.store, now=clock)
        return [one.subject for look in looks if look.name == "request_released" for one in look.run()]

    assert found() == []
    release(world, page, unknown)
    assert found() == [unknown]
    world.core.mute = False
    world.core.happen(world.core.last(), "PAYMENT_LINK_EXPIRED")
    clock.pass_by(minutes=5)
    world.sweep()
    assert found() == []


def test_hears_the_core_first(world: World, page: Page, unknown: str) -> None:
    world.core.mute = False
    told = release(world, page, unknown).json
    assert (told["outcome"], told["payment_request"]["status"]) == ("still_live", "sent")
    assert world.look(page)["can_send"] is False
    world.core.happen(world.core.last(), "PAYMENT_LINK_EXPIRED")
    told = release(world, page, unknown).json
    assert (told["outcome"], told["payment_request"]["status"]) == ("already_ended", "expired")


def test_of_what_the_core_knows_nothing_of_is_possible_at_once(world: World, page: Page) -> None:
    """The core answers and has no record yet: its silence keeps no order closed that a supervisor opens."""
    world.core.lose_requests = True
    reference = world.send(page, key="key-00001").json["reference"]
    world.core.lose_requests = False
    told = release(world, page, reference).json
    assert (told["outcome"], told["payment_request"]["live"]) == ("released", False)


def test_of_a_core_without_a_look_up_is_possible_at_once(world: World, page: Page, unknown: str) -> None:
    world.core.mute, world.core.looks_up = False, False
    assert release(world, page, unknown).json["outcome"] == "released"


def test_of_a_link_that_is_out_waits_until_its_time_is_over(world: World, page: Page, clock: Clock) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    world.core.mute = True
    told = release(world, page, reference).json
    assert (told["outcome"], told["sentence"]) == (
        "too_early",
        "This link may still be in use. It can be released at 12:52.",
    )
    clock.pass_by(minutes=10)
    assert release(world, page, reference).json["outcome"] == "released"
    assert shown(world, page)["sentences"][0]["id"] == "released"
    assert world.look(page)["can_send"] is True


def test_of_money_in_review_is_refused(world: World, page: Page) -> None:
    link = world.sent(page)
    world.told(link, "PAYMENT_REVIEW")
    world.core.mute = True
    world.clock.pass_by(minutes=14)
    told = release(world, page, link["additionalData"]["reference"]).json
    assert told["outcome"] == "still_live"


def test_of_what_has_ended_changes_nothing(world: World, page: Page) -> None:
    link = world.sent(page)
    world.told(link, "PAYMENT_RECEIVED")
    before = world.row("payment_requests")
    assert release(world, page, link["additionalData"]["reference"]).json["outcome"] == "already_ended"
    assert world.row("payment_requests") == before


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 201, "two\nlines", "card 4111 1111 1111 1111", 7])
def test_needs_a_reason(world: World, page: Page, unknown: str, reason: Any) -> None:
    answer = release(world, page, unknown, reason=reason)
    assert answer.status_code == 422
    assert shown(world, page)["live"] is True


def test_needs_the_right(world: World) -> None:
    supervise(world)
    world.org.permissions[THANDI.user_id] = {"Chat2Pay_Send"}
    page = world.open(world.order())
    world.core.drop_answers = True
    reference = world.send(page).json["reference"]
    answer = release(world, page, reference)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
    assert "Supervise payment requests" in answer.json["error"]["message"]
    assert "release" not in shown(world, page)["actions"]


@pytest.mark.parametrize(("scope", "status"), [("supervise", 200), ("capture", 403), ("flow", 403), ("read", 403)])
def test_by_a_tenants_own_code_needs_its_scope(world: World, page: Page, unknown: str, scope: str, status: int) -> None:
    code = KeyHolder(world, scope)
    answer = world.client.post(
        f"/api/payment-requests/{unknown}/release", json={"reason": REASON}, headers=code.headers
    )
    assert answer.status_code == status
    assert shown(world, page)["live"] is (status == 403)


def test_by_a_tenants_own_code_may_name_a_supervisor(world: World, page: Page, unknown: str) -> None:
    code = KeyHolder(world, "supervise")
    world.org.only_look.add(THANDI.user_id)  # a supervisor needs to see the order, not to edit it
    body = {"reason": REASON, "user_id": THANDI.user_id}
    answer = world.client.post(f"/api/payment-requests/{unknown}/release", json=body, headers=code.headers)
    assert (answer.json["outcome"], answer.json["payment_request"]["handled_by"]["name"]) == ("released", "Thandi")


# --- correction --------------------------------------------------------------------------------------------------------


def believed(world: World, reference: str, **changes: Any) -> None:
    """What an older version believed without the core's record."""
    with world.services.store.database.write() as connection:
        mine = payment_requests.c.reference == reference
        connection.execute(update(payment_requests).where(mine).values(**changes))


def reconcile(world: World) -> Report:
    return reconcile_tenant(world.services.for_tenant(world.acme), begun=world.clock() - timedelta(days=2))


def correct(world: World, reference: str) -> Corrected:
    return correct_payment_request(
        world.services.for_tenant(world.acme),
        request=world.request(reference),
        reason=REASON,
        by=Person("operator", "Naledi"),
    )


@pytest.mark.both_databases
def test_an_end_that_was_believed_and_is_false_is_named_and_can_be_corrected(
    world: World, page: Page, lines: list[Any]
) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    believed(world, reference, link="cancelled", live=False, closed_at=world.clock(), finished_at=world.clock())
    report = reconcile(world)
    assert (report.healed, report.unexplained) == ([], [reference])
    assert (
        report.why[reference] == "we have it as closed, and the payment core's record as a link that can still be paid"
    )
    assert correct(world, reference).outcome == "corrected"
    now = shown(world, page)
    assert (now["status"], now["live"], now["finished_at"], world.look(page)["can_send"]) == ("sent", True, None, False)
    assert now["timeline"][-1]["values"] == {"agent": "Naledi", "reason": REASON}
    assert [line["log_level"] for line in lines if line["event"] == "request_corrected"] == ["error"]
    assert reconcile(world).unexplained == []
    assert correct(world, reference).outcome == "nothing_to_correct"


@pytest.mark.both_databases
def test_a_link_that_would_be_live_beside_another_is_not_corrected(world: World, page: Page) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    believed(world, reference, link="cancelled", live=False)
    world.sent(page, key="key-00002")
    before = world.rows("payment_requests")
    assert correct(world, reference).outcome == "another_live"
    assert world.rows("payment_requests") == before


@pytest.mark.both_databases
def test_money_that_the_core_has_not_is_named_and_can_be_corrected(world: World, page: Page) -> None:
    other = world.sent(world.open(world.order()))
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    world.core.happen(link, "PAYMENT_LINK_EXPIRED")
    believed(
        world, reference, link_reference=other["paymentLinkRef"], link="opened", money="paid", live=False,
        captured=Decimal("115.00"), paid_at=world.clock(), taken_at=world.clock(),
    )  # fmt: skip
    report = reconcile(world)
    assert (report.healed, report.unexplained) == ([], [reference])
    assert correct(world, reference).outcome == "corrected"
    world.settle()
    order = world.look(page)
    assert (order["amount_paid"], order["amount_due"], order["can_send"]) == ("0.00", "115.00", True)
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "unpaid"
    assert (shown(world, page)["status"], shown(world, page)["link_reference"]) == ("expired", link["paymentLinkRef"])
    assert reconcile(world).unexplained == []


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "changes",
    [{"amount": Decimal("115.01")}, {"currency": "USD"}, {"order_number": "another order"}],
    ids=lambda one: next(iter(one)),
)
def test_money_of_a_record_that_is_not_this_requests_corrects_nothing(
    world: World, page: Page, changes: dict[str, Any]
) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    world.core.happen(link, "PAYMENT_RECEIVED")
    believed(world, reference, link="cancelled", live=False, **changes)
    before = (world.rows("payment_requests"), world.rows("payment_events"), world.rows("orders"))
    assert correct(world, reference).outcome == "misfit"
    assert (world.rows("payment_requests"), world.rows("payment_events"), world.rows("orders")) == before
    assert world.row("payment_requests")["captured"] == 0


@pytest.mark.parametrize(("how", "outcome"), [("mute", "core_unreachable"), ("not_found", "no_record")])
def test_without_a_record_nothing_is_corrected(world: World, page: Page, how: str, outcome: str) -> None:
    link = world.sent(page)
    believed(world, link["additionalData"]["reference"], link="cancelled", live=False)
    setattr(world.core, how, True)
    world.core.hides = True
    assert correct(world, link["additionalData"]["reference"]).outcome == outcome


def test_an_end_that_was_denied_to_the_last_is_unexplained_and_never_healed(
    world: World, page: Page, clock: Clock
) -> None:
    link = world.sent(page)
    reference = link["additionalData"]["reference"]
    world.callback(notification(link, "PAYMENT_LINK_CANCELLED", at=clock()))
    world.drain()
    assert (reconcile(world).healed, reconcile(world).unexplained) == ([], [])
    for _ in range(60):
        clock.pass_by(seconds=12)
        world.drain()
    report = reconcile(world)
    assert (report.healed, report.unexplained) == ([], [reference])
    with world.services.store.read() as work:
        since = clock() - timedelta(days=1)
        assert [inbox_admin.denied_ends(work, one, since=since) for one in ("acme", "globex")] == [{reference}, set()]
    world.core.mute = True
    report = reconcile(world)
    assert (report.unreachable, report.unexplained) == ([reference], [reference])
    assert report.why[reference] == "its end was reported, and the payment core's record denies it"
    world.core.mute = False
    world.core.happen(link, "PAYMENT_LINK_EXPIRED")
    assert (reconcile(world).healed, reconcile(world).unexplained) == ([reference], [])
