"""Held money is taken only for an order that Salesforce shows, now, as one that may be paid; it can always be released."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.operation import Operation, idempotency_key
from connector.domain.payments.order import Order, OrderProblem
from connector.domain.payments.payment import Person
from connector.journeys.amending.capture_payment import capture_payment
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders import orders
from foundation.database.unit_of_work import UnitOfWork
from tests.factories import SIPHO, THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.reconciling.test_watch import poll, watch
from tests.journeys.verbs import made, post, press, shown
from tests.journeys.world import SENTENCES, Answer, Clock, Page, World

ALL = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}
Presses = Callable[[str, str], Answer]


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page on an order whose R115.00 are held."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: ALL, SIPHO.user_id: ALL}
    page = world.open(world.order(THANDI, SIPHO))
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    return page


@pytest.fixture(params=["page", "panel", "key"])
def presses(request: pytest.FixtureRequest, world: World, page: Page) -> Presses:
    """Press a verb under an idempotency key: on the page, on the panel, or as a program of the tenant's."""
    reference = made(world)[0]["reference"]
    holder = KeyHolder(world, "capture", "apex")
    headers = dict(page.headers)
    if request.param == "key":
        headers = holder.headers
    if request.param == "panel":
        token = holder.launch(page.order_id).json["launch_token"]
        headers = {**holder.headers, "X-Chat2Pay-Launch": token}

    def pressed(verb: str, key: str) -> Answer:
        url = f"/api/payment-requests/{reference}/{verb}"
        return world.client.post(url, headers={**headers, "Idempotency-Key": key})

    return pressed


def said(sentence: str, **values: str) -> str:
    text = SENTENCES[sentence].replace("{held:money}", "R115.00").replace("{admin}", "Naledi in IT")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def money_of(request: dict[str, Any]) -> tuple[list[str], list[str]]:
    offered = [one for one in request["actions"] if one in ("capture", "reverse")]
    return offered, [one["id"] for one in request["money_off"]]


def sending(world: World, page: Page) -> tuple[bool, str | None]:
    order = poll(world, page).json
    return order["can_send"], order["send_off"] and order["send_off"]["id"]


def test_a_cancelled_order_refuses_it_and_names_both_ways_out(world: World, page: Page, presses: Presses) -> None:
    world.org.change(page.order_id, Status="Cancelled")
    answer = presses("capture", "key-00001")
    assert (answer.status_code, answer.json["outcome"]) == (200, "not_payable")
    assert answer.json["sentence"] == said("capture_not_payable_status", field="Status", value="Cancelled")
    assert money_of(answer.json["payment_request"]) == (["reverse"], ["capture_off_not_payable"])
    assert world.core.captures == []
    assert presses("reverse", "key-00002").json["outcome"] == "reversed"


def test_an_order_that_is_payable_again_gives_its_money_under_the_same_key(
    world: World, page: Page, presses: Presses
) -> None:
    world.org.change(page.order_id, Status="Cancelled")
    assert presses("capture", "key-00001").json["outcome"] == "not_payable"
    world.org.change(page.order_id, Status="Activated")
    assert presses("capture", "key-00001").json["outcome"] == "captured"
    assert presses("capture", "key-00001").json["outcome"] == "captured"
    assert len(world.core.captures) == 1


@pytest.mark.both_databases
def test_an_order_that_is_deleted_between_look_and_press_refuses_it(world: World, page: Page, presses: Presses) -> None:
    world.org.delete(page.order_id)
    answer = presses("capture", "key-00001")
    assert (answer.status_code, answer.json["outcome"]) == (200, "order_gone")
    assert answer.json["sentence"] == said("capture_order_gone")
    assert world.core.captures == []


def _deleted(work: UnitOfWork, order: Order) -> None:
    orders.mark_unread(work, "acme", [order.order_id], because=NOT_IN_ORG, at=order.read_at + timedelta(seconds=1))


def _cancelled(work: UnitOfWork, order: Order) -> None:
    orders.save(work, replace(order, problems=(OrderProblem("Status", "order_status", {}),)))


def _lowered(work: UnitOfWork, order: Order) -> None:
    orders.save(work, replace(order, total=Decimal(100)))


def _payable(work: UnitOfWork, order: Order) -> None:
    orders.save(work, replace(order, problems=(), read_at=order.read_at + timedelta(seconds=2)))


@pytest.mark.parametrize(
    ("finds", "outcome", "outcome_again"),
    [
        (_deleted, "order_gone", "captured"),
        (_cancelled, "not_payable", "captured"),
        (_lowered, "amount_too_high", "amount_too_high"),
        (_payable, "captured", "captured"),
    ],
)
def test_an_order_that_somebody_else_reads_after_us_decides_as_they_read_it(
    world: World, page: Page, finds: Callable[[UnitOfWork, Order], object], outcome: str, outcome_again: str
) -> None:
    """Between our own reading and the lock under which the money is taken, a colleague's page reads the order, too."""
    request = world.request(made(world)[0]["reference"])
    key = idempotency_key("key-00001", Operation.CAPTURE, request.reference, {})

    def capture(finds: Callable[[UnitOfWork, Order], object]) -> str:
        def read_order() -> Order:
            with world.services.store.write() as work:
                stored = orders.find(work, "acme", page.order_id)
                assert stored is not None
                finds(work, stored.order)
            return stored.order

        return capture_payment(
            world.services.for_tenant(world.acme), request=request, amount=None, by=Person(THANDI.user_id, "Thandi"),
            keyed=key, read_order=read_order,
        ).outcome.value  # fmt: skip

    assert capture(finds) == outcome
    assert len(world.core.captures) == (1 if outcome == "captured" else 0)
    assert capture(_payable) == outcome_again, "the same key, with the order as it was"
    assert len(world.core.captures) == (1 if outcome_again == "captured" else 0)


def test_the_money_of_a_deleted_order_is_released_by_a_key_and_taken_after_it_is_back(
    world: World, page: Page, clock: Clock
) -> None:
    holder, url = KeyHolder(world, "capture"), f"/api/payment-requests/{made(world)[0]['reference']}"
    world.org.delete(page.order_id)
    clock.pass_by(seconds=1)
    told = holder.post(f"{url}/capture").json
    assert money_of(told["payment_request"]) == (["reverse"], ["capture_off_order_gone"])
    world.org.restore(page.order_id)
    assert holder.post(f"{url}/capture", {"amount": "40.00"}).json["outcome"] == "captured"
    world.org.delete(page.order_id)
    assert holder.post(f"{url}/reverse").json["outcome"] == "reversed"


def test_an_order_that_was_taken_from_the_agent_gives_its_money_to_those_who_see_it(world: World, page: Page) -> None:
    world.core.last()["reversedAmount"] = 25  # a part was released at the core
    world.client.post(f"/api/payment-requests/{made(world)[0]['reference']}/refresh", headers=page.headers)
    world.org.seen_by[THANDI.token].clear()
    answer = post(world, page, "capture")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "no_access")
    assert answer.json["error"]["message"] == said("capture_order_gone").replace("R115.00", "R90.00")
    assert world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).status_code == 401
    assert press(world, world.open(page.order_id, SIPHO), "capture")["outcome"] == "captured"


def test_the_page_of_a_deleted_order_stays_for_what_is_left_to_end(world: World, page: Page, clock: Clock) -> None:
    world.org.delete(page.order_id)
    clock.pass_by(seconds=1)
    told = press(world, page, "capture")
    assert (told["outcome"], money_of(told["payment_request"])) == (
        "order_gone",
        (["reverse"], ["capture_off_order_gone"]),
    )
    assert money_of(shown(world, page)) == (["reverse"], ["capture_off_order_gone"])
    refused = world.send(page)
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "order_not_payable")
    assert refused.json["error"]["message"] == SENTENCES["order_deleted"]
    assert press(world, page, "reverse")["outcome"] == "reversed"


@pytest.mark.parametrize("later", [{"seconds": 11}, {"minutes": 15}], ids=["soon", "after a check of access"])
def test_the_page_of_a_deleted_order_says_what_became_of_its_money_and_offers_nothing(
    world: World, page: Page, clock: Clock, later: dict[str, float]
) -> None:
    poll(world, page)
    watch(world)
    poll(world, page)
    world.org.delete(page.order_id)
    assert (watch(world), poll(world, page).status_code) == ([page.order_id], 200)
    calls = world.org.calls
    clock.pass_by(seconds=11)
    assert (poll(world, page).status_code, world.org.calls) == (200, calls), "the org said already that it is gone"
    assert press(world, page, "reverse")["outcome"] == "reversed"
    clock.pass_by(**later)
    renewed = world.client.post("/api/launches/renew", headers=page.headers).json
    page = replace(page, token=renewed["launch_token"])
    watch(world)
    assert sending(world, page) == (False, "send_off_order_gone")
    request = shown(world, page)
    assert (request["sentences"][0]["id"], request["actions"]) == ("reversed", ["refresh"])
    refused = world.send(page)
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "order_not_payable")


def test_the_page_of_a_deleted_order_to_which_nothing_was_sent_ends_with_the_reason(world: World) -> None:
    page = world.open(world.order(SIPHO), SIPHO)
    world.org.delete(page.order_id)
    assert world.send(page).json["error"]["message"] == SENTENCES["order_deleted"]
    assert world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).status_code == 401


@pytest.mark.both_databases
def test_a_page_that_follows_its_order_keeps_offering_the_release_after_it_was_deleted(
    world: World, page: Page
) -> None:
    poll(world, page)
    assert watch(world) == []
    poll(world, page)
    world.org.delete(page.order_id)
    assert (watch(world), poll(world, page).status_code) == ([page.order_id], 200)
    assert money_of(shown(world, page)) == (["reverse"], ["capture_off_order_gone"])
    assert sending(world, page) == (False, "send_off_order_gone")
    assert press(world, page, "reverse")["outcome"] == "reversed"
    assert sending(world, page) == (False, "send_off_order_gone")


def test_a_page_that_follows_its_order_offers_to_take_its_money_once_it_is_restored(world: World, page: Page) -> None:
    poll(world, page)
    watch(world)
    poll(world, page)
    world.org.delete(page.order_id)
    assert (watch(world), poll(world, page).status_code) == ([page.order_id], 200)
    world.org.restore(page.order_id)
    assert (watch(world), poll(world, page).status_code) == ([page.order_id], 200)
    assert money_of(shown(world, page)) == (["capture", "reverse"], [])


def test_a_page_whose_order_is_deleted_for_all_that_is_known_of_a_silent_org_ends(world: World, page: Page) -> None:
    world.org.delete(page.order_id)
    world.org.call_fails = (503, "")
    assert post(world, page, "capture").json["error"]["code"] == "no_access"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"Grand_Total__c": "a lot"}, "capture_not_payable"),
        ({"Grand_Total__c": None}, "capture_not_payable"),
        ({"Currency__c": "rand"}, "capture_not_payable"),
    ],
    ids=["unreadable total", "no total", "unreadable currency"],
)
def test_an_order_whose_total_nobody_can_read_refuses_it(
    world: World, page: Page, changes: dict[str, Any], sentence: str
) -> None:
    world.org.change(page.order_id, **changes)
    told = press(world, page, "capture")
    assert (told["outcome"], told["sentence"]) == ("not_payable", said(sentence))
    assert world.core.captures == []


def test_the_page_offers_to_release_and_not_to_take(world: World, page: Page, clock: Clock) -> None:
    assert money_of(shown(world, page)) == (["capture", "reverse"], [])
    world.org.change(page.order_id, Status="Cancelled")
    assert money_of(shown(world, world.open(page.order_id))) == (["reverse"], ["capture_off_not_payable"])
    world.org.change(page.order_id, Status="Activated")
    clock.pass_by(seconds=11)
    assert money_of(shown(world, page)) == (["capture", "reverse"], [])


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (lambda org: setattr(org, "down", True), "salesforce_unavailable"),
        (lambda org: setattr(org, "limit", True), "salesforce_unavailable"),
        (lambda org: org.answers.update(Order="INSUFFICIENT_ACCESS"), "salesforce_refused"),
    ],
    ids=["does not answer", "has no calls left", "refuses to say"],
)
def test_where_salesforce_does_not_say_what_is_due_nothing_is_taken(
    world: World, page: Page, presses: Presses, trouble: Callable[[Any], None], code: str
) -> None:
    trouble(world.org)
    answer = presses("capture", "key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, code)
    assert answer.json["error"]["sentence"]["id"] == "capture_order_unread"
    assert (world.core.captures, world.rows("verb_calls")) == ([], [])
    world.org.down = world.org.limit = False
    world.org.answers.clear()
    assert presses("capture", "key-00001").json["outcome"] == "captured"


@pytest.mark.parametrize(
    ("refusal", "sentence"), [("INVALID_FIELD", "fields_hidden"), ("API_DISABLED_FOR_ORG", "api_off")]
)
def test_an_agent_who_lacks_something_in_salesforce_is_told_what_and_nothing_is_taken(
    world: World, page: Page, refusal: str, sentence: str
) -> None:
    world.org.answers.update(Order=refusal)
    answer = post(world, page, "capture", key="key-00001")
    assert (answer.status_code, answer.json["error"]["sentence"]["id"]) == (503, sentence)
    assert (world.core.captures, world.rows("verb_calls")) == ([], [])


def test_money_is_released_while_salesforce_does_not_answer(world: World, page: Page) -> None:
    world.org.down = True
    assert press(world, page, "reverse")["outcome"] == "reversed"


def test_an_answer_that_is_known_needs_no_salesforce(world: World, page: Page) -> None:
    press(world, page, "capture", key="key-00001")
    world.org.down = True
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert press(world, page, "capture", key="key-00002")["outcome"] == "already_captured"


def test_no_transaction_is_open_while_salesforce_is_asked(world: World, page: Page) -> None:
    seen = []

    def another_writes() -> None:
        with world.services.store.write() as work:
            seen.append(work.connection.in_transaction())

    world.org.before_query = another_writes
    assert press(world, page, "capture")["outcome"] == "captured"
    assert seen
