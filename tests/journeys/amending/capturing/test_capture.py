"""Taking held money: written down before the call, called once, and decided by the core's own record."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from connector.store.requests import operations
from connector.store.requests.operations import CallConflict
from tests.factories import SIPHO, THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.verbs import Died, calls, die, post, press, shown
from tests.journeys.world import SENTENCES, Clock, Page, World, fields_of

ALL = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse"}


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page of Thandi, who may do everything, on an order whose money is held."""
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: ALL, SIPHO.user_id: {"Chat2Pay_Send"}}
    page = world.open(world.order(THANDI, SIPHO))
    world.told(world.sent(page), "PAYMENT_AUTHORIZED")
    return page


def test_takes_all_that_is_held_and_says_how_much(world: World, page: Page) -> None:
    told = press(world, page, "capture")
    assert (told["outcome"], told["sentence"]) == ("captured", "Taken: R115.00.")
    assert world.core.captures == [("link-0001", 115.0)]
    assert (told["payment_request"]["status"], told["payment_request"]["amount_paid"]) == ("paid", "115.00")
    assert world.look(page)["payment_state"] == "paid"
    world.settle()
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"


def test_takes_a_part_and_the_rest_is_due_again(world: World, page: Page) -> None:
    told = press(world, page, "capture", amount="40.00")
    assert (told["outcome"], told["sentence"]) == ("captured", "Taken: R40.00.")
    assert world.core.captures == [("link-0001", 40.0)]
    order = world.look(page)
    assert (order["amount_paid"], order["amount_authorized"], order["amount_due"]) == ("40.00", "0.00", "75.00")
    assert press(world, page, "capture", amount="40.00")["outcome"] == "already_captured"
    assert len(world.core.captures) == 1


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [("0.01", "captured"), ("114.99", "captured"), ("115.00", "captured"), ("115.01", "amount_too_high")],
)
def test_takes_up_to_all_that_is_held_and_no_more(world: World, page: Page, amount: str, outcome: str) -> None:
    assert press(world, page, "capture", amount=amount)["outcome"] == outcome
    assert world.core.captures == ([("link-0001", float(amount))] if outcome == "captured" else [])


def test_is_committed_as_open_before_the_call(world: World, page: Page) -> None:
    seen = []
    world.core.on_move = lambda: seen.extend(calls(world))
    press(world, page, "capture")
    assert seen == [("capture", True, None)]
    assert calls(world) == [("capture", False, "captured")]


def test_keeps_in_the_history_who_asked_for_it_and_what_was_taken(world: World, page: Page) -> None:
    press(world, page, "capture", amount="40.00")
    lines = [(one["id"], one["values"]) for one in shown(world, page)["timeline"]]
    assert ("timeline_capture_begun", {"agent": "Thandi"}) in lines
    rand = {"currency": "ZAR"}
    taken = {"moved": {"amount": "40.00", **rand}, "amount": {"amount": "115.00", **rand}}
    assert ("timeline_part_paid", taken) in lines
    assert shown(world, page)["handled_by"]["name"] == "Thandi"


def test_changes_no_money_by_the_callback_that_follows(world: World, page: Page) -> None:
    press(world, page, "capture", amount="40.00")
    before = shown(world, page)
    world.told(world.core.last(), "PAYMENT_CAPTURED", capturedAmount=40.0)
    after = shown(world, page)
    assert (
        (after["amount_paid"], after["status"]) == (before["amount_paid"], before["status"]) == ("40.00", "part_paid")
    )


def test_of_more_than_is_held_is_refused_before_any_call(world: World, page: Page) -> None:
    told = press(world, page, "capture", amount="115.01")
    assert told["outcome"] == "amount_too_high"
    assert told["sentence"] == "Only R115.00 is held, so nothing was taken. Ask for less."
    assert (world.core.captures, calls(world)) == ([], []), "nothing is kept of a call that no key can repeat"


@pytest.mark.parametrize("amount", ["0", "0.00", "-1.00", "1.001", "1,00", 1.5, True, "", "1e2"])
def test_of_no_amount_of_the_currency_is_422(world: World, page: Page, amount: bool | float | str) -> None:
    answer = post(world, page, "capture", amount=amount)
    assert (answer.status_code, fields_of(answer)) == (422, {"amount"})
    assert world.core.captures == []


def test_reads_the_amount_in_the_currencys_own_digits(world: World, page: Page) -> None:
    order_id = world.order(Currency__c="JPY", Grand_Total__c=115, Tax__c=15, Sub_Total__c=100)
    yen = world.open(order_id)
    world.told(world.sent(yen, expected_total="115"), "PAYMENT_AUTHORIZED")
    reference = world.look(yen)["payment_requests"][0]["reference"]
    url = f"/api/payment-requests/{reference}/capture"
    assert world.client.post(url, json={"amount": "40.0"}, headers=yen.headers).json["outcome"] == "captured"
    assert world.client.post(url, json={"amount": "40.5"}, headers=yen.headers).status_code == 422


def test_reads_the_amount_in_the_digits_that_it_was_asked_for_in(world: World, page: Page) -> None:
    configuration = replace(world.acme.configuration, currency_digits={"ZAR": 0})
    world.services.store.tenants.change(
        "acme", lambda kept: replace(kept, configuration=configuration), now=world.clock()
    )
    assert press(world, page, "capture", amount="40.50")["payment_request"]["amount_paid"] == "40.50"


def test_takes_no_unknown_field(world: World, page: Page) -> None:
    assert fields_of(post(world, page, "capture", force=True)) == {"force"}
    assert fields_of(post(world, page, "capture", user_id=SIPHO.user_id)) == {"user_id"}


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("ALREADY_CAPTURED", "already_captured"), ("AMOUNT_TOO_HIGH", "amount_too_high"),
     ("AUTHORIZATION_EXPIRED", "expired"), ("SOMETHING_ELSE", "refused")],
)  # fmt: skip
def test_that_the_core_refuses_says_why(world: World, page: Page, code: str, outcome: str) -> None:
    world.core.refuse = (409, code)
    told = press(world, page, "capture")
    assert told["outcome"] == outcome
    assert told["payment_request"]["status"] == "authorized"
    assert "capture" in told["payment_request"]["actions"], "nothing is on its way"


@pytest.mark.parametrize(
    ("words", "outcome", "sentence"),
    [
        ([], "refused", "capture_nothing_held"),
        (["PAYMENT_RECEIVED"], "already_captured", "capture_already_captured"),
        (["PAYMENT_AUTHORIZED", "PAYMENT_REVERSED"], "refused", "capture_nothing_held"),
        (["PAYMENT_DECLINED"], "refused", "capture_nothing_held"),
    ],
)
def test_of_what_holds_no_money_says_so_without_a_call(
    world: World, page: Page, words: list[Any], outcome: str, sentence: str
) -> None:
    world.told(world.core.last(), "PAYMENT_REVERSED")
    other = world.open(world.order())
    link = world.sent(other)
    for word in words:
        world.told(link, word)
    reference = world.look(other)["payment_requests"][0]["reference"]
    answer = world.client.post(f"/api/payment-requests/{reference}/capture", headers=other.headers)
    assert (answer.json["outcome"], answer.json["sentence"]) == (outcome, SENTENCES[sentence])
    assert world.core.captures == []


def test_of_what_was_taken_and_given_back_is_not_called_taken_already(world: World, page: Page) -> None:
    press(world, page, "capture")
    press(world, page, "reverse")
    told = press(world, page, "capture")
    assert (told["outcome"], told["sentence"]) == ("refused", SENTENCES["capture_nothing_held"])
    assert len(world.core.captures) == 1


def test_of_a_hold_whose_callback_was_lost_asks_and_takes_it(world: World, page: Page) -> None:
    other = world.open(world.order())
    world.core.happen(world.sent(other), "PAYMENT_AUTHORIZED")
    reference = world.look(other)["payment_requests"][0]["reference"]
    answer = world.client.post(f"/api/payment-requests/{reference}/capture", headers=other.headers)
    assert answer.json["outcome"] == "captured"


# --- without an answer -----------------------------------------------------------------------------------------------


def test_whose_answer_is_lost_is_decided_by_the_cores_record(world: World, page: Page) -> None:
    world.core.drop_answers = True
    told = press(world, page, "capture")
    assert (told["outcome"], told["payment_request"]["status"]) == ("captured", "paid")
    assert len(world.core.captures) == 1


def test_is_under_way_for_whoever_looks_before_its_answer(world: World, page: Page) -> None:
    seen: list[Any] = []
    # A page that polls reads what it has not seen: by its tag.
    known = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).headers["ETag"]

    def look() -> None:
        answer = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers | {"If-None-Match": known})
        seen.append(answer.status_code)
        seen.extend(one["id"] for one in answer.json["payment_requests"][0]["money_off"])

    world.core.on_move = look
    assert press(world, page, "capture")["outcome"] == "captured"
    assert seen == [200, "capture_under_way"]


def test_whose_answer_and_record_are_lost_is_unknown_and_never_repeated(world: World, page: Page) -> None:
    world.core.drop_answers = world.core.mute = True
    told = press(world, page, "capture", key="key-00001")
    assert (told["outcome"], told["sentence"]) == ("unknown", SENTENCES["capture_unknown"])
    assert told["payment_request"]["status"] == "authorized"
    assert [one["id"] for one in told["payment_request"]["money_off"]] == ["capture_unknown"]
    assert "capture" not in told["payment_request"]["actions"]
    assert "reverse" not in told["payment_request"]["actions"]
    world.core.drop_answers = False
    for key in ("key-00001", "key-00002", None):
        answer = post(world, page, "capture", key=key)
        assert (answer.status_code, answer.json["outcome"]) == (202, "unknown")
    assert post(world, page, "reverse").json["outcome"] == "unknown"
    world.core.mute = False
    told = press(world, page, "capture", key="key-00001")
    assert (told["outcome"], told["payment_request"]["status"]) == ("captured", "paid")
    assert (len(world.core.captures), world.core.reversals) == (1, [])


def test_that_is_unknown_is_told_once_however_soon_it_is_asked_for_again(world: World, page: Page) -> None:
    world.core.drop_answers = world.core.mute = True
    for _ in range(3):
        assert post(world, page, "capture", key="key-00001").json["outcome"] == "unknown"
    history = [row["event"] for row in world.rows("payment_events")]
    assert history[-2:] == ["capture_begun", "capture_unanswered"]


def test_that_is_unknown_after_an_earlier_one_did_not_arrive_is_told_again(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lose_requests = True
    for key in ("key-00001", "key-00002"):
        assert post(world, page, "capture", key=key).json["outcome"] == "unknown"
        clock.pass_by(minutes=3)
        world.sweep()
        page = world.open(page.order_id)
    assert calls(world) == [("capture", False, "never_arrived")] * 2
    history = [row["event"] for row in world.rows("payment_events")]
    assert [history.count(f"capture_{step}") for step in ("begun", "unanswered", "not_done")] == [2, 2, 2]


def test_that_is_unknown_is_found_out_by_the_sweep(world: World, page: Page, clock: Clock) -> None:
    world.core.drop_answers = world.core.mute = True
    press(world, page, "capture", key="key-00001")
    world.core.drop_answers = world.core.mute = False
    clock.pass_by(seconds=1)
    world.sweep()
    assert shown(world, page)["status"] == "paid"
    assert calls(world) == [("capture", False, "captured")]
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert len(world.core.captures) == 1


def test_is_asked_about_every_ten_seconds_while_the_core_is_silent(world: World, page: Page, clock: Clock) -> None:
    world.core.drop_answers = world.core.mute = True
    press(world, page, "capture")
    clock.pass_by(seconds=1)
    world.sweep()
    world.core.drop_answers = world.core.mute = False
    asked = len(world.core.questions)
    world.sweep()
    assert len(world.core.questions) == asked
    clock.pass_by(seconds=11)
    world.sweep()
    assert shown(world, page)["status"] == "paid"


def test_that_never_arrived_is_given_up_after_two_minutes_and_may_be_tried_again(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lose_requests = True
    assert press(world, page, "capture", key="key-00001")["outcome"] == "unknown"
    world.core.lose_requests = False
    clock.pass_by(seconds=120)
    assert post(world, page, "capture", key="key-00001").status_code == 202
    assert world.core.captures == []
    clock.pass_by(seconds=1)
    world.sweep()
    assert calls(world) == [("capture", False, "never_arrived")]
    assert "capture" in shown(world, page)["actions"]
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert len(world.core.captures) == 1


def test_of_a_record_that_lags_believes_the_cores_own_answer_and_says_that_it_waits(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.lags = True
    told = press(world, page, "capture")
    assert (told["outcome"], told["payment_request"]["status"]) == ("captured", "authorized")
    assert told["payment_request"]["awaiting_confirmation"] is True
    assert press(world, page, "capture")["outcome"] == "already_captured"
    assert len(world.core.captures) == 1
    world.told(world.core.last(), "PAYMENT_CAPTURED")
    assert (shown(world, page)["status"], shown(world, page)["awaiting_confirmation"]) == ("paid", False)


@pytest.mark.parametrize(
    ("decision", "kind", "outcome"),
    [
        ("ACCEPT", "TransactionType.CAPTURE(name=Capture, id=4)", "captured"),
        ("ACCEPT", 4, "captured"),
        ("REJECT", 4, "unknown"),
        ("ACCEPT", 1, "unknown"),
    ],
)
def test_of_a_record_that_lags_believes_the_documented_type_of_what_was_accepted(
    world: World, page: Page, decision: str, kind: object, outcome: str
) -> None:
    world.core.lags = True
    world.core.move_answer = {
        "paymentGatewayDecision": decision, "transactionType": kind, "paymentGatewayResponseCode": 100,
    }  # fmt: skip
    assert press(world, page, "capture")["outcome"] == outcome


def test_whose_record_belongs_to_another_request_is_unknown(world: World, page: Page) -> None:
    world.core.drop_answers = True
    world.core.last()["totalAmount"] = 1.0
    assert press(world, page, "capture")["outcome"] == "unknown"


def test_whose_record_belongs_to_another_request_is_neither_given_up_nor_repeated(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.drop_answers = True
    world.core.last()["totalAmount"] = 1.0
    press(world, page, "capture")
    world.core.drop_answers = False
    clock.pass_by(minutes=2, seconds=1)
    answer = post(world, page, "capture")
    assert (answer.status_code, answer.json["outcome"]) == (202, "unknown")
    assert len(world.core.captures) == 1


@pytest.mark.parametrize("landed", [True, False], ids=["taken", "not taken"])
def test_survives_a_process_that_dies_in_the_call(world: World, page: Page, clock: Clock, landed: bool) -> None:
    world.core.on_move, world.core.on_moved = (None, die) if landed else (die, None)
    with pytest.raises(Died):
        post(world, page, "capture", key="key-00001")
    world.core.on_move = world.core.on_moved = None
    world.restart()
    assert calls(world) == [("capture", True, None)]
    made = len(world.core.captures)
    if not landed:
        assert post(world, page, "capture", key="key-00001").status_code == 202, "whoever made the call may still wait"
        assert post(world, page, "capture", key="key-00002").status_code == 202
        clock.pass_by(minutes=2, seconds=1)
    told = press(world, page, "capture", key="key-00001")
    assert (told["outcome"], told["payment_request"]["status"]) == ("captured", "paid")
    assert len(world.core.captures) == made + (0 if landed else 1)


@pytest.mark.parametrize("silent", [False, True], ids=["core answers", "core is silent"])
def test_that_a_callback_told_of_is_answered_at_once_under_the_key_of_a_process_that_died(
    world: World, page: Page, silent: bool
) -> None:
    world.core.on_moved = die
    with pytest.raises(Died):
        post(world, page, "capture", key="key-00001", amount="40.00")
    world.core.on_moved = None
    world.restart()
    world.told(world.core.last(), "PAYMENT_CAPTURED", capturedAmount=40.0)
    assert shown(world, page)["status"] == "part_paid"
    world.core.mute = silent
    told = press(world, page, "capture", key="key-00001", amount="40.00")
    assert (told["outcome"], told["payment_request"]["status"]) == ("captured", "part_paid")
    assert calls(world) == [("capture", False, "captured")]
    assert press(world, page, "capture", key="key-00002", amount="40.00")["outcome"] == "already_captured"
    assert len(world.core.captures) == 1


def test_is_never_called_lost_while_its_sender_may_still_wait(world: World, page: Page, clock: Clock) -> None:
    world.restart(core_timeout=90)
    world.core.on_move = die
    with pytest.raises(Died):
        post(world, page, "capture", key="key-00001")
    world.core.on_move = None
    clock.pass_by(seconds=2 * world.services.core_call_limit.total_seconds() - 1)
    for key in ("key-00001", "key-00002", "key-00001"):  # whoever asks shortens nothing of the sender's time
        answer = post(world, page, "capture", key=key)
        assert (answer.status_code, world.core.captures) == (202, [])
    clock.pass_by(seconds=1)
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"


def test_that_a_callback_told_of_is_not_called_unknown_any_more(world: World, page: Page) -> None:
    world.core.on_moved = die
    with pytest.raises(Died):
        post(world, page, "capture", amount="40.00")
    world.core.on_moved = None
    assert (shown(world, page)["money_off"][0]["id"], "reverse" in shown(world, page)["actions"]) == (
        "capture_under_way",
        False,
    )
    world.told(world.core.last(), "PAYMENT_CAPTURED", capturedAmount=40.0)
    assert (shown(world, page)["money_off"], "reverse" in shown(world, page)["actions"]) == ([], True)
    assert press(world, page, "reverse")["outcome"] == "reversed"
    assert calls(world) == [("capture", False, "captured"), ("reverse", False, "reversed")]


@pytest.mark.both_databases
def test_is_settled_by_the_first_sweep_of_a_process_that_begins_alone(world: World, page: Page, clock: Clock) -> None:
    world.core.on_moved = die
    with pytest.raises(Died):
        post(world, page, "capture")
    world.core.on_moved = None
    world.restart()
    clock.pass_by(seconds=1)
    world.sweep()
    assert (calls(world), shown(world, page)["status"]) == ([("capture", False, "captured")], "paid")


# --- keys, rights, doors ---------------------------------------------------------------------------------------------


def test_with_the_same_key_answers_the_same_and_calls_once(world: World, page: Page) -> None:
    first = press(world, page, "capture", key="key-00001")
    second = press(world, page, "capture", idempotency_key="key-00001")
    assert (first["outcome"], first["sentence"]) == (second["outcome"], second["sentence"])
    assert len(world.core.captures) == 1


@pytest.mark.parametrize(("verb", "body"), [("capture", {"amount": "40.00"}), ("reverse", {}), ("replace", {})])
def test_with_the_same_key_and_another_request_is_422(
    world: World, page: Page, verb: str, body: dict[str, Any]
) -> None:
    press(world, page, "capture", key="key-00001", amount="41.00")
    answer = post(world, page, verb, key="key-00001", **body)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")


def test_with_the_key_of_a_send_is_422(world: World, page: Page) -> None:
    other = world.open(world.order())
    world.sent(other, key="key-00001")
    assert post(world, page, "capture", key="key-00001").json["error"]["code"] == "idempotency_key_reused"
    assert world.core.captures == []


def test_keeps_its_key_from_a_send(world: World, page: Page) -> None:
    press(world, page, "capture", key="key-00001")
    other = world.open(world.order())
    assert world.send(other, key="key-00001").json["error"]["code"] == "idempotency_key_reused"
    assert len(world.core.sends) == 1


def test_with_one_key_for_two_payments_is_422(world: World, page: Page) -> None:
    press(world, page, "capture", key="key-00001")
    other = world.open(world.order())
    world.told(world.sent(other), "PAYMENT_AUTHORIZED")
    reference = world.look(other)["payment_requests"][0]["reference"]
    headers = other.headers | {"Idempotency-Key": "key-00001"}
    answer = world.client.post(f"/api/payment-requests/{reference}/capture", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(world.core.captures) == 1


def test_while_nobody_listens_is_503_and_the_key_takes_it_once_later(world: World, page: Page) -> None:
    world.core.down = True
    answer = post(world, page, "capture", key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "core_unavailable")
    assert calls(world) == [("capture", False, "not_sent")]
    world.core.down = False
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    assert len(world.core.captures) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("keys", [("key-00001", "key-00002"), ("key-00001", "key-00001"), (None, None)])
def test_of_two_at_once_makes_one_call(world: World, page: Page, keys: Any) -> None:
    first_is_there, go_on = Event(), Event()

    def wait() -> None:
        first_is_there.set()
        assert go_on.wait(60)

    world.core.on_move = wait
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(post, world, page, "capture", key=keys[0])
        assert first_is_there.wait(60)
        second = pool.submit(post, world, page, "capture", key=keys[1]).result()
        go_on.set()
        assert (second.status_code, second.json["outcome"]) == (202, "unknown")
        assert (first.result().status_code, first.result().json["outcome"]) == (200, "captured")
    assert len(world.core.captures) == 1


@pytest.mark.both_databases
def test_of_two_that_begin_in_the_same_moment_makes_one_call(world: World, page: Page) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(world, page, "capture"), range(4)))
    assert {one.json["outcome"] for one in answers} <= {"captured", "already_captured", "unknown"}
    assert [one.json["outcome"] for one in answers].count("captured") == 1
    assert len(world.core.captures) == 1


def test_has_one_open_call_by_an_index_and_not_by_a_check(world: World, page: Page) -> None:
    world.core.drop_answers = world.core.mute = True
    press(world, page, "capture")
    store = world.services.store
    with store.write() as work:
        (call,) = operations.overdue_calls(work, now=world.clock().replace(year=2027), most=5)
        with pytest.raises(CallConflict):
            operations.add(work, type(call)(**{**vars(call), "call_id": "another"}))


def test_without_the_right_is_403_and_names_who_can_grant_it(world: World, page: Page) -> None:
    answer = post(world, world.open(page.order_id, SIPHO), "capture")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
    told = SENTENCES["no_right_capture"].replace("{admin}", "Naledi in IT")
    assert answer.json["error"]["message"] == told.replace("{permission}", "Capture held payments")
    assert world.core.captures == []


def test_is_offered_to_who_may_and_while_there_is_something_to_take(world: World, page: Page) -> None:
    assert shown(world, page)["actions"] == ["capture", "reverse", "refresh"]
    assert shown(world, world.open(page.order_id, SIPHO))["actions"] == ["refresh"]
    press(world, page, "capture")
    assert shown(world, page)["actions"] == ["reverse", "refresh"]


@pytest.mark.both_databases
def test_for_a_disabled_tenant_is_503_and_what_was_begun_is_still_found_out(
    world: World, page: Page, clock: Clock
) -> None:
    world.core.drop_answers = world.core.mute = True
    press(world, page, "capture", key="key-00001")
    world.core.drop_answers = world.core.mute = False
    world.disable()
    assert press(world, page, "capture", key="key-00001")["outcome"] == "captured"
    other = post(world, page, "capture", key="key-00002")
    assert (other.status_code, other.json["error"]["code"]) == (503, "tenant_disabled")
    assert "capture" not in shown(world, page)["actions"]
    assert len(world.core.captures) == 1


def test_of_another_order_or_of_nothing_is_404(world: World, page: Page) -> None:
    stranger = world.open(world.order())
    assert post(world, stranger, "capture").status_code == 404
    answer = world.client.post("/api/payment-requests/c2p_none/capture", headers=page.headers)
    assert answer.status_code == 404
    assert world.client.post("/api/payment-requests/c2p_none/capture").status_code == 401
    assert world.core.captures == []


@pytest.mark.parametrize("verb", ["capture", "reverse"])
def test_by_a_key_needs_its_scope(world: World, page: Page, verb: str) -> None:
    reference = world.row("payment_requests")["reference"]
    url = f"/api/payment-requests/{reference}/{verb}"
    assert KeyHolder(world, "flow", "read", "apex", name="Flow").post(url).status_code == 403
    answer = KeyHolder(world, "capture", name="Warehouse").post(url)
    assert (answer.status_code, answer.json["outcome"]) == (200, f"{verb}d")
    assert answer.json["payment_request"]["handled_by"]["name"] == "Warehouse"


def test_by_a_key_for_a_user_is_403_whichever_reading_of_the_order_says_that_they_may_not_edit_it(
    world: World, page: Page
) -> None:
    """Access that is given or taken away between the two looks counts as none."""
    url = f"/api/payment-requests/{world.row('payment_requests')['reference']}/capture"
    warehouse = KeyHolder(world, "capture")
    for before, after in ((True, False), (False, True)):
        edits = iter([before, after])

        def look(edits: Iterator[bool] = edits) -> None:
            if "UserRecordAccess" in world.org.queries[-1][1]:
                world.org.only_look = set() if next(edits) else {THANDI.user_id}

        world.org.before_query = look
        answer = warehouse.post(url, {"user_id": THANDI.user_id})
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
        assert next(edits, None) is None, "both looks were made"
    assert world.core.captures == []


def test_by_a_key_for_a_user_whose_rights_cannot_be_read_may_be_tried_again(world: World, page: Page) -> None:
    reference = world.row("payment_requests")["reference"]
    url, warehouse = f"/api/payment-requests/{reference}/capture", KeyHolder(world, "capture")
    world.org.setup_refused = "INSUFFICIENT_ACCESS"
    answer = warehouse.post(url, {"user_id": THANDI.user_id})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "try_later")
    assert world.core.captures == []


def test_by_a_key_for_a_user_needs_the_users_right(world: World, page: Page) -> None:
    reference = world.row("payment_requests")["reference"]
    url, warehouse = f"/api/payment-requests/{reference}/capture", KeyHolder(world, "capture")
    assert warehouse.post(url, {"user_id": SIPHO.user_id}).status_code == 403
    answer = warehouse.post(url, {"user_id": THANDI.user_id})
    assert answer.json["payment_request"]["handled_by"] == {"id": THANDI.user_id, "name": "Thandi"}
