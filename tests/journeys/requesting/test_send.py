"""Sending a payment link: once, for the right amount, written down before it leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.factories import OTHER_PHONE, SIPHO, THANDI, Agent
from tests.journeys.played_once import played_once
from tests.journeys.world import Answer, Page, World, fields_of


@pytest.fixture
@played_once
def page(world: World) -> Page:
    return world.open(world.order(THANDI, SIPHO))


def with_colleague(world: World, page: Page, agent: Agent = SIPHO) -> Page:
    return world.open(page.order_id, agent)


def test_is_committed_as_sending_before_the_call(world: World, page: Page) -> None:
    seen = []
    world.core.on_send = lambda body: seen.append((world.row("payment_requests"), body))
    world.sent(page)
    ((row, body),) = seen
    assert (row["link"], row["live"], row["link_reference"]) == ("sending", True, None)
    assert row["sending_until"] > world.clock()
    assert body["additionalData"] == {"reference": row["reference"]}


def test_answers_201_with_the_reference_and_what_the_core_said(world: World, page: Page) -> None:
    answer = world.send(page)
    row = world.row("payment_requests")
    assert answer.status_code == 201
    assert answer.json["reference"] == row["reference"]
    assert row["reference"].startswith("c2p_")
    assert (answer.json["status"], answer.json["core_status"]) == ("sent", "PAYMENT_LINK_CREATED")
    assert answer.json["open_by"] == "2026-11-21T10:47:07.000Z"
    assert answer.json["requested_by"]["name"] == "Thandi"
    assert row["proven_at"] == world.clock(), "the core has just said so"
    assert row["phone_changed"] is False


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("PAYMENT_LINK_CREATED", "accepted"),
        ("PAYMENT_LINK_SENT", "sent"),
        ("NEVER_HEARD_OF", "accepted"),
        (None, "accepted"),
    ],
)
def test_is_as_far_as_the_core_says_and_accepted_whatever_it_says(
    world: World, page: Page, word: str | None, message: str
) -> None:
    world.core.first_word = word
    assert world.send(page).status_code == 201
    row = world.row("payment_requests")
    assert (row["link"], row["message"], row["core_status"]) == ("sent", message, word)
    history = [(one["event"], one["person"], one["core_status"]) for one in world.rows("payment_events")]
    assert history == [("sending", "Thandi", None), ("sent", None, word)]


def test_asks_for_what_salesforce_says_and_never_for_what_the_browser_says(world: World, page: Page) -> None:
    world.org.orders[page.order_id].update(Grand_Total__c=230.0, Tax__c=30.0, Sub_Total__c=200.0)
    world.sent(page, expected_total="230.00", phone="+27 82 765 4321", channel="whatsapp")
    (body,) = world.core.sends
    assert (body["totalAmount"], body["taxAmount"], body["subTotalAmount"]) == (230, 30, 200)
    assert (body["currency"], body["orderNumber"], body["channel"]) == ("ZAR", "0000102", "whatsapp")
    assert body["endUserMobileNumber"] == OTHER_PHONE
    assert [token for token, _ in world.org.queries] == [THANDI.token] * 2


def test_keeps_the_changed_phone_for_this_request_only(world: World, page: Page) -> None:
    world.sent(page, phone=OTHER_PHONE)
    row = world.row("payment_requests")
    assert row["phone_changed"] is True
    assert OTHER_PHONE.encode() not in row["phone"]
    assert world.look(page)["phone"] == "27831234567"


def test_to_an_order_without_a_number_keeps_none_as_changed(world: World) -> None:
    page = world.open(world.order(BillToContact={"MobilePhone": None, "Phone": None}))
    world.sent(page, phone=OTHER_PHONE)
    assert world.row("payment_requests")["phone_changed"] is False
    world.settle()
    (record,) = world.org.requests.values()
    assert record["Phone_Changed__c"] is False


def test_of_an_order_that_changed_meanwhile_is_409_and_nothing_leaves(world: World, page: Page) -> None:
    world.org.orders[page.order_id].update(Grand_Total__c=116.0, Sub_Total__c=101.0)
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "order_changed")
    assert world.rows("payment_requests") == world.core.sends == []
    assert world.look(page)["total"] == "116.00"


@pytest.mark.parametrize("place", ["header", "body"])
def test_with_the_same_key_answers_the_same_and_calls_once(world: World, page: Page, place: str) -> None:
    def press() -> Answer:
        return world.send(page, key="key-00001") if place == "header" else world.send(page, idempotency_key="key-00001")

    first, second = press(), press()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert len(world.core.sends) == 1


def test_takes_the_key_from_header_and_body_alike(world: World, page: Page) -> None:
    first, second = world.send(page, key="key-00001"), world.send(page, idempotency_key="key-00001")
    assert first.json["reference"] == second.json["reference"]


def test_with_the_same_key_answers_the_present_state_later(world: World, page: Page) -> None:
    world.told(world.sent(page, key="key-00001"), "PAYMENT_RECEIVED")
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["status"]) == (201, "paid")
    assert len(world.core.sends) == 1


@pytest.mark.parametrize("change", [
    {"phone": OTHER_PHONE}, {"channel": "whatsapp"}, {"expected_total": None}, {"amount": "15.00"}, {"purpose": "deposit"},
], ids=repr)  # fmt: skip
def test_with_the_same_key_and_another_body_is_422(world: World, page: Page, change: dict[str, Any]) -> None:
    world.sent(page, key="key-00001")
    answer = world.send(page, key="key-00001", **change)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(world.core.sends) == 1


def test_with_one_key_for_two_orders_is_422(world: World, page: Page) -> None:
    world.sent(page, key="key-00001")
    answer = world.send(world.open(world.order()), key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["short", "with space 1", "x" * 129, "schlüssel-1"])
def test_with_a_key_of_a_wrong_form_is_422(world: World, page: Page, key: Any) -> None:
    answer = world.send(page, idempotency_key=key)
    assert (answer.status_code, fields_of(answer)) == (422, {"idempotency_key"})


def test_with_two_keys_that_differ_is_422(world: World, page: Page) -> None:
    assert world.send(page, key="key-00001", idempotency_key="key-00002").status_code == 422
    assert world.core.sends == []


def test_beside_a_live_link_is_409_with_the_winners_reference(world: World, page: Page) -> None:
    world.sent(page)
    answer = world.send(with_colleague(world, page))
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "another_live")
    assert answer.json["error"]["reference"] == world.row("payment_requests")["reference"]
    assert len(world.core.sends) == 1


def test_shows_the_colleague_whose_link_is_live(world: World, page: Page) -> None:
    world.sent(page)
    order = with_colleague(world, page).data["order"]
    assert order["can_send"] is False
    assert order["send_off"]["id"] == "colleague_link"
    assert order["send_off"]["values"]["agent"] == "Thandi"


@pytest.mark.both_databases
@pytest.mark.parametrize("keys", [("key-00001", "key-00002"), (None, None)])
def test_of_two_agents_at_once_makes_exactly_one_link(world: World, page: Page, keys: Any) -> None:
    pages = [page, with_colleague(world, page)]
    meeting = Barrier(2)
    world.org.before_query = lambda: meeting.wait(60)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda one: world.send(one[0], key=one[1]), zip(pages, keys, strict=True)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(world.core.sends) == len(world.rows("payment_requests")) == 1
    winner, loser = sorted(answers, key=lambda one: one.status_code)
    assert loser.json["error"]["reference"] == winner.json["reference"]


@pytest.mark.both_databases
def test_of_one_key_twice_at_once_makes_exactly_one_link(world: World, page: Page) -> None:
    meeting = Barrier(2)
    world.org.before_query = lambda: meeting.wait(60)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: world.send(page, key="key-00001"), range(2)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len({answer.json["reference"] for answer in answers}) == 1
    assert len(world.core.sends) == 1


def test_while_the_core_refuses_connections_is_503_and_the_key_sends_once_later(world: World, page: Page) -> None:
    world.core.down = True
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "core_unavailable")
    assert answer.json["error"]["retryable"] is True
    row = world.row("payment_requests")
    assert (row["link"], row["live"], row["sending_until"]) == ("created", False, None)
    world.core.down = False
    answers = [world.send(page, key="key-00001") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer.json["reference"] for answer in answers} == {row["reference"]}
    assert len(world.core.sends) == 1


@pytest.mark.both_databases
def test_repeated_twice_at_once_after_a_503_leaves_once(world: World, page: Page) -> None:
    world.core.down = True
    world.send(page, key="key-00001")
    world.core.down = False
    meeting = Barrier(2)
    world.org.before_query = lambda: meeting.wait(60)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: world.send(page, key="key-00001"), range(2)))
    assert {answer.status_code for answer in answers} <= {201, 202}
    assert len(world.core.sends) == 1


@pytest.mark.both_databases
def test_repeated_after_a_503_gives_way_to_a_link_that_went_out_meanwhile(world: World, page: Page) -> None:
    world.core.down = True
    world.send(page, key="key-00001")
    world.core.down = False
    reference = world.send(page, key="key-00002").json["reference"]
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["error"]["reference"]) == (409, reference)
    assert len(world.core.sends) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_that_the_core_refuses_is_422_and_rejected(world: World, page: Page, status: int) -> None:
    world.core.refuse = (status, "VALIDATION_FAILED")
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "core_refused")
    assert "internal words" not in answer.text
    row = world.row("payment_requests")
    assert (row["link"], row["reason"], row["live"]) == ("rejected", "VALIDATION_FAILED", False)
    assert row["proven_at"] is None
    world.core.refuse = None
    assert world.send(page).status_code == 201


def test_that_the_core_has_no_time_for_is_503_and_as_if_it_was_not_tried(world: World, page: Page) -> None:
    world.core.refuse = (429, "TOO_MANY")
    assert world.send(page).status_code == 503
    assert world.row("payment_requests")["link"] == "created"


@pytest.mark.parametrize("switch", ["down", "limit"])
def test_while_the_order_cannot_be_read_is_503_and_nothing_is_stored(world: World, page: Page, switch: str) -> None:
    setattr(world.org, switch, True)
    answer = world.send(page, key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "salesforce_unavailable")
    assert world.rows("payment_requests") == world.core.sends == []
    setattr(world.org, switch, False)
    assert world.send(page, key="key-00001").status_code == 201


@pytest.mark.both_databases
def test_by_an_agent_who_lost_access_is_refused(world: World, page: Page) -> None:
    world.org.seen_by[THANDI.token].clear()
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "no_access")
    assert world.rows("payment_requests") == world.core.sends == []


def test_with_a_session_that_is_over_asks_for_the_agents_access_first(world: World, page: Page) -> None:
    world.org.sessions_over.add(THANDI.token)
    assert world.send(page).status_code == 201
    assert "UserRecordAccess" in world.org.queries[-2][1]
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    world.org.seen_by[THANDI.token].clear()
    assert world.send(page).json["error"]["code"] == "no_access"


def test_for_a_disabled_tenant_is_503(world: World, page: Page) -> None:
    world.disable()
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "tenant_disabled")
    assert world.core.sends == []


def test_for_a_paid_order_finds_nothing_to_send(world: World, page: Page) -> None:
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "order_not_payable")
    assert world.look(page)["send_off"]["id"] == "already_paid"
    assert len(world.core.sends) == 1


def test_for_a_held_order_finds_nothing_to_send(world: World, page: Page) -> None:
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    assert world.send(page).status_code == 422
    assert world.look(page)["send_off"]["id"] == "already_authorized"


def test_waits_while_a_payment_is_in_review(world: World, page: Page) -> None:
    world.told(world.sent(page), "PAYMENT_REVIEW")
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "another_live")


def test_beside_a_live_link_and_an_older_one_in_review_names_the_live_one(world: World, page: Page) -> None:
    first = world.sent(page)
    world.told(first, "PAYMENT_LINK_EXPIRED")
    world.clock.pass_by(minutes=1)
    live = world.sent(page, phone=OTHER_PHONE)["additionalData"]["reference"]
    world.told(first, "PAYMENT_REVIEW")
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["reference"]) == (409, live)


@pytest.mark.parametrize("word", ["PAYMENT_LINK_EXPIRED", "PAYMENT_LINK_CANCELLED"])
def test_is_possible_again_once_the_link_is_dead(world: World, page: Page, word: str) -> None:
    world.told(world.sent(page), word)
    assert world.look(page)["can_send"] is True
    assert world.send(page).status_code == 201


def test_of_the_balance_follows_the_order_when_it_is_replaced(world: World) -> None:
    world.tenant(parts_allowed=True)
    page = world.open(world.order())
    world.told(world.sent(page, amount="40.00", purpose="deposit"), "PAYMENT_RECEIVED")
    rest = world.send(page, purpose="balance").json
    assert rest["amount"] == "75.00"
    world.org.orders[page.order_id].update(Grand_Total__c=230.0, Tax__c=30.0, Sub_Total__c=200.0)
    url = f"/api/payment-requests/{rest['reference']}/replace"
    told = world.client.post(url, json={}, headers=page.headers).json
    assert (told["payment_request"]["amount"], told["payment_request"]["purpose"]) == ("190.00", "balance")


def test_of_a_part_is_possible_where_the_tenant_allows_it(world: World) -> None:
    world.tenant(parts_allowed=True)
    page = world.open(world.order())
    world.told(world.sent(page, amount="40.00", purpose="deposit"), "PAYMENT_RECEIVED")
    (body,) = world.core.sends
    assert (body["totalAmount"], body["taxAmount"], body["subTotalAmount"]) == (40, 0, 40)
    order = world.look(page)
    assert (order["payment_state"], order["amount_due"]) == ("part_paid", "75.00")
    assert fields_of(world.send(page, amount="75.01", purpose="balance")) == {"amount"}
    world.told(world.sent(page, purpose="balance"), "PAYMENT_RECEIVED")
    assert (world.core.sends[1]["totalAmount"], world.look(page)["payment_state"]) == (75, "paid")
