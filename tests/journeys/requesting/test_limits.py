"""Limits against misuse: counted where it is sent, by order, by number and by tenant; they say when again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.factories import OTHER_PHONE
from tests.journeys.world import Clock, Page, World

THIRD_PHONE = "27831112222"


def limited(world: World, **limits: int) -> None:
    wide = {"sends_per_order_hour": 100, "sends_per_number_hour": 100, "sends_per_tenant_minute": 100}
    world.tenant(policy={"rights_from": "order_access", **wide, **limits})


def send_and_end(world: World, page: Page, **changes: Any) -> None:
    world.told(world.sent(page, **changes), "PAYMENT_LINK_EXPIRED")


def assert_limited(answer: Any, *, seconds: int, says: str) -> None:
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "limit_reached")
    assert answer.json["error"]["retryable"] is True
    assert answer.headers["Retry-After"] == str(seconds)
    assert says in answer.json["error"]["message"]


def test_of_an_order_hold_for_an_hour_and_tell_the_agents_own_time(world: World, clock: Clock) -> None:
    limited(world, sends_per_order_hour=2)
    page = world.open(world.order())
    send_and_end(world, page)
    clock.pass_by(minutes=4)
    send_and_end(world, page, phone=OTHER_PHONE)
    clock.pass_by(minutes=6)
    answer = world.send(page, phone=THIRD_PHONE)
    assert_limited(answer, seconds=3000, says="for this order, so nothing went out. The next one can be sent at 13:42.")
    assert len(world.core.sends) == len(world.rows("payment_requests")) == 2
    other = world.open(world.order())
    assert world.send(other).status_code == 201


def test_of_an_order_have_room_again_when_the_oldest_is_an_hour_old(world: World, clock: Clock) -> None:
    limited(world, sends_per_order_hour=1)
    order_id = world.order()
    send_and_end(world, world.open(order_id))
    clock.pass_by(minutes=59, seconds=59.5)
    page = world.open(order_id)
    assert_limited(world.send(page), seconds=1, says="this order")  # never 0: who tries again then would be refused
    clock.pass_by(seconds=0.5)
    assert world.send(page).status_code == 201


def test_of_a_number_count_over_all_orders_and_channels(world: World, lines: list[Any]) -> None:
    limited(world, sends_per_number_hour=2)
    world.sent(world.open(world.order()))
    world.sent(world.open(world.order()), channel="whatsapp")
    page = world.open(world.order())
    assert_limited(world.send(page, phone="083 123 4567"), seconds=3600, says="to this number")
    (told,) = [line for line in lines if line["event"] == "refused"]
    assert (told["tenant"], told["order"], told["kind"]) == ("acme", page.order_id, "number")
    assert world.send(page, phone=OTHER_PHONE).status_code == 201


def test_of_a_tenant_count_every_send_of_a_minute(world: World, clock: Clock) -> None:
    limited(world, sends_per_tenant_minute=2)
    for phone in (OTHER_PHONE, THIRD_PHONE):
        world.sent(world.open(world.order()), phone=phone)
    page = world.open(world.order())
    clock.pass_by(seconds=20)
    assert_limited(world.send(page), seconds=40, says="from this Salesforce org at once")
    clock.pass_by(seconds=40)
    assert world.send(page).status_code == 201


def test_leave_the_key_free_to_try_again(world: World, clock: Clock) -> None:
    limited(world, sends_per_order_hour=1)
    order_id = world.order()
    send_and_end(world, world.open(order_id))
    assert world.send(world.open(order_id), key="key-00001").status_code == 429
    clock.pass_by(hours=1)
    answers = [world.send(world.open(order_id), key="key-00001") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(world.core.sends) == 2


def test_do_not_stand_before_the_answer_to_a_repeated_key(world: World) -> None:
    limited(world, sends_per_order_hour=1)
    page = world.open(world.order())
    assert {world.send(page, key="key-00001").status_code for _ in range(3)} == {201}


def test_name_the_live_link_first(world: World) -> None:
    limited(world, sends_per_order_hour=1)
    page = world.open(world.order())
    world.sent(page)
    assert (world.send(page).status_code, world.send(page).json["error"]["code"]) == (409, "another_live")


@pytest.mark.parametrize("switch", ["down", "refuse"])
def test_do_not_count_what_never_left(world: World, switch: str) -> None:
    limited(world, sends_per_order_hour=1, sends_per_number_hour=1, sends_per_tenant_minute=1)
    page = world.open(world.order())
    setattr(world.core, switch, True if switch == "down" else (400, "NO"))
    for _ in range(3):
        assert world.send(page).json["error"]["code"] in ("core_unavailable", "core_refused")
    setattr(world.core, switch, False if switch == "down" else None)
    assert world.send(page).status_code == 201


@pytest.mark.both_databases
def test_are_exact_when_several_orders_are_sent_for_at_once(world: World) -> None:
    limited(world, sends_per_number_hour=1)
    pages = [world.open(world.order()) for _ in range(4)]
    meeting = Barrier(4)
    world.org.before_query = lambda: meeting.wait(60)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(world.send, pages))
    assert sorted(answer.status_code for answer in answers) == [201, 429, 429, 429]
    assert len(world.core.sends) == 1


@pytest.mark.both_databases
def test_of_one_tenant_say_nothing_about_another(world: World) -> None:
    limited(world, sends_per_tenant_minute=1)
    world.sent(world.open(world.order()))
    world.services.store.tenants.forget()
    with world.services.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE payment_requests SET tenant_id = 'globex'")
    assert world.send(world.open(world.order())).status_code == 201


def test_hold_no_callback_up(world: World) -> None:
    limited(world, sends_per_order_hour=1, sends_per_number_hour=1, sends_per_tenant_minute=1)
    link = world.sent(world.open(world.order()))
    for _ in range(5):
        assert world.callback(world.core.happen(link, "PAYMENT_RECEIVED")).status_code == 200
