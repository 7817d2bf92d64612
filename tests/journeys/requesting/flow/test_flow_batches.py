"""Many sends of a flow in one call: one result per item, in order, and no item at the cost of another."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import pytest

from connector.web.callers import api_key_rate
from connector.web.flow import flow_response_schemas, send_each
from connector.web.flow.send_one import send_one
from tests.factories import OTHER_PHONE, SIPHO, THANDI, long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, Answer, World, fields_of

CARD = "4111 1111 1111 1111"


@pytest.fixture
def flow(world: World) -> KeyHolder:
    return KeyHolder(world, "flow", name="Reminders")


def item(order_id: str, **given: Any) -> dict[str, Any]:
    return {"order_id": order_id, "idempotency_key": f"run-{token_hex(8)}-x", **given}


def send(flow: KeyHolder, *items: Any) -> list[dict[str, Any]]:
    answer = flow.flow("send-many", items=list(items))
    assert answer.status_code == 200, answer.text
    assert flow_response_schemas.FLOW_RESULTS.validate(answer.json) == {}
    results: list[dict[str, Any]] = answer.json["results"]
    assert len(results) == len(items)
    return results


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [one["outcome"] for one in results]


def test_each_item_is_sent_and_answered_in_its_place(world: World, flow: KeyHolder) -> None:
    order_ids = [world.order(OrderNumber=f"0000020{number}") for number in range(5)]
    results = send(flow, *map(item, order_ids))
    assert outcomes(results) == ["sent"] * 5
    rows = {row["reference"]: row["order_id"] for row in world.rows("payment_requests")}
    assert [rows[one["reference"]] for one in results] == order_ids
    assert len(world.core.sends) == 5


def test_one_bad_item_never_fails_the_others(world: World, flow: KeyHolder) -> None:
    good = [world.order(), world.order()]
    bad = [
        item(None),  # type: ignore[arg-type]
        item("nonsense"),
        item(world.order(), phone="0" * 300),
        item(world.order(), user_id="x" * 300),
        item(long_id("801xx0000099999")),
        item(world.order(), idempotency_key=None),
        item(world.order(), idempotency_key="short"),
        item(world.order(), channel="pigeon"),
        item(world.order(), phone=OTHER_PHONE),
        item(world.order(), idempotency_key=CARD.replace(" ", "-")),
        item(world.order(), channel=CARD),
        item(world.order(), user_id="nobody"),
        item(world.order(BillToContact=None)),
        item(world.order(Grand_Total__c=0)),
    ]
    results = send(flow, item(good[0]), *bad, item(good[1]))
    assert outcomes(results) == ["sent", *["refused"] * len(bad), "sent"]
    assert all(one["sentence"] and one["reference"] is None for one in results[1:-1])
    assert "4111" not in str(results)
    assert len(world.core.sends) == 2


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "wrong",
    [
        7, 1.5, "text", None, True, [], ["x"], {}, [{"order_id": "801xx0000000001AAA"}], CARD, [CARD], nested(700),
        {"order_id": 7}, {"order_id": ["801xx0000000001AAA"]}, {"idempotency_key": 12345678}, {"channel": {"sms": True}},
        {"phone": 27831234567}, {"user_id": False}, {"amount": ["1.00"]}, {"amount": "1.00"}, {"org_id": "00Dxx0000009999EAA"},
        {"note": nested(700)}, {"x" * 300: 1}, {"": None},
    ],
    ids=lambda wrong: str(wrong)[:40],
)  # fmt: skip
def test_an_item_of_a_wrong_type_is_refused_in_its_place_and_alone(world: World, flow: KeyHolder, wrong: Any) -> None:
    whole = {**item(world.order()), **wrong} if isinstance(wrong, dict) and wrong else wrong
    good = [world.order(), world.order()]
    results = send(flow, item(good[0]), whole, item(good[1]))
    assert outcomes(results) == ["sent", "refused", "sent"]
    assert results[1]["sentence"]
    assert results[1]["reference"] is None
    assert "4111" not in str(results)
    rows = {row["reference"]: row["order_id"] for row in world.rows("payment_requests")}
    assert [rows[results[place]["reference"]] for place in (0, 2)] == good


def test_a_batch_of_nothing_but_wrong_types_has_a_result_for_each(world: World, flow: KeyHolder) -> None:
    results = send(flow, *[7, None, "x", []] * 12)
    assert outcomes(results) == ["refused"] * 48
    assert world.core.sends == []


def test_a_batch_that_is_repeated_answers_the_same_and_sends_nothing(world: World, flow: KeyHolder) -> None:
    items = [item(world.order()) for _ in range(3)]
    first = send(flow, *items)
    assert send(flow, *items) == first
    assert send(flow, *reversed(items)) == first[::-1]
    assert len(world.core.sends) == 3


def test_the_same_item_twice_in_a_batch_is_sent_once(world: World, flow: KeyHolder) -> None:
    twice = item(world.order())
    first, second = send(flow, twice, dict(twice))
    assert first == second
    assert first["outcome"] == "sent"
    assert len(world.core.sends) == 1


def test_the_same_order_twice_under_two_keys_has_one_link(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    first, second = send(flow, item(order_id), item(order_id))
    assert (first["outcome"], second["outcome"]) == ("sent", "another_live")
    assert first["reference"] == second["reference"]
    assert len(world.core.sends) == 1


def test_one_key_for_two_orders_is_refused_at_the_second(world: World, flow: KeyHolder) -> None:
    first = item(world.order())
    results = send(flow, first, {**first, "order_id": world.order()}, item(world.order()))
    assert outcomes(results) == ["sent", "refused", "sent"]
    assert "This idempotency key was used" in results[1]["sentence"]


def test_from_another_org_nothing_is_sent(world: World, flow: KeyHolder) -> None:
    body = {"org_id": long_id("00Dxx0000009999"), "items": [item(world.order())]}
    answer = flow.post("/flow/send-many", body)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "wrong_org")
    assert world.core.sends == []


@pytest.mark.parametrize(
    ("items", "field"),
    [(None, "items"), ([], "items"), ([{}] * 51, "items"), ("x", "items"), ({"0": {}}, "items"), (7, "items")],
    ids=["left out", "none", "too many", "a text", "an object", "a number"],
)
def test_what_no_apex_sends_is_an_error_of_the_whole(world: World, flow: KeyHolder, items: Any, field: str) -> None:
    answer: Answer = flow.post(
        "/flow/send-many", {"org_id": flow.org_id, **({} if items is None else {"items": items})}
    )
    assert (answer.status_code, fields_of(answer)) == (422, {field})


def test_for_users_whom_the_items_name(world: World, flow: KeyHolder) -> None:
    items = [item(world.order(THANDI, SIPHO), user_id=SIPHO.user_id), item(world.order(THANDI), user_id=SIPHO.user_id)]
    assert outcomes(send(flow, *items)) == ["refused", "refused"]
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    results = send(flow, *items)
    assert outcomes(results) == ["sent", "refused"]
    assert world.row("payment_requests")["requested_by_id"] == SIPHO.user_id


def test_what_is_not_reached_in_time_is_sent_when_the_batch_comes_again(
    world: World, flow: KeyHolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [item(world.order()) for _ in range(3)]
    with monkeypatch.context() as hurried:
        hurried.setattr(send_each, "SECONDS", 0.0)
        first = send(flow, *items)
    assert outcomes(first) == ["sent", "try_later", "try_later"]
    assert {one["sentence"] for one in first[1:]} == {SENTENCES["flow_not_reached"]}
    again = send(flow, *items)
    assert outcomes(again) == ["sent"] * 3
    assert again[0] == first[0]
    assert len(world.core.sends) == 3


def test_batches_leave_threads_for_the_pages(world: World, flow: KeyHolder, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [item(world.order()) for _ in range(2)]
    inner: list[list[str]] = []

    def send_two_more(caller: Any, body: dict[str, Any], services: Any) -> dict[str, Any]:
        if len(inner) < send_each.MOST_BATCHES:
            inner.append([])
            place = len(inner) - 1
            inner[place] = outcomes(send(flow, *items))
        return send_one(caller, body, services)

    monkeypatch.setattr(send_each, "send_one", send_two_more)
    assert outcomes(send(flow, *items)) == ["sent", "sent"]
    assert inner == [["sent", "sent"], ["try_later", "try_later"]]
    assert outcomes(send(flow, *items)) == ["sent", "sent"]
    assert len(world.core.sends) == 2


def test_each_item_is_one_of_the_keys_calls_of_this_minute(
    world: World, flow: KeyHolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_key_rate, "MOST", 10)
    world.restart()
    world.tenant(policy={"rights_from": "order_access", "sends_per_number_hour": 20})
    items = [item(world.order()) for _ in range(12)]
    results = send(flow, *items)
    assert outcomes(results) == ["sent"] * 10 + ["try_later"] * 2
    assert "Try again in" in results[-1]["sentence"]
    assert flow.flow("status", order_id=items[0]["order_id"]).status_code == 429
    world.clock.pass_by(seconds=60)
    assert outcomes(send(flow, *items[10:])) == ["sent", "sent"]


def test_a_core_that_goes_away_leaves_the_rest_for_later(world: World, flow: KeyHolder) -> None:
    items = [item(world.order()) for _ in range(2)]
    world.core.down = True
    assert outcomes(send(flow, *items)) == ["try_later", "try_later"]
    world.core.down = False
    assert outcomes(send(flow, *items)) == ["sent", "sent"]


def test_an_item_that_fails_in_a_way_nobody_foresaw_is_unknown_and_alone(
    world: World, flow: KeyHolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [item(world.order()) for _ in range(3)]

    def failing(caller: Any, body: dict[str, Any], services: Any) -> dict[str, Any]:
        if body["order_id"] == items[1]["order_id"]:
            raise RuntimeError
        return send_one(caller, body, services)

    monkeypatch.setattr(send_each, "send_one", failing)
    results = send(flow, *items)
    assert outcomes(results) == ["sent", "unknown", "sent"]
    assert results[1]["sentence"] == SENTENCES["unknown"]
