"""The list of a tenant's payment requests: newest first, page by page, found by what is asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from connector.store.schema.tables import payment_requests
from connector.web.schemas import response_schemas
from tests.factories import OTHER_PHONE, PHONE, SIPHO, THANDI, Agent
from tests.journeys.keys import KeyHolder
from tests.journeys.world import Answer, World, fields_of

PATH = "/api/payment-requests"


@pytest.fixture
def reader(world: World) -> KeyHolder:
    world.tenant(policy={"rights_from": "order_access", "sends_per_number_hour": 1000})
    return KeyHolder(world, "read")


def sent(world: World, *, agent: Agent = THANDI, seconds: float = 60, **fields: Any) -> str:
    page = world.open(world.order(agent, **fields), agent)
    reference = world.send(page).json["reference"]
    world.clock.pass_by(seconds=seconds)
    return reference


def references(answer: Answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    assert response_schemas.REQUEST_LIST.validate(answer.json) == {}
    return [one["reference"] for one in answer.json["payment_requests"]]


def walk(reader: KeyHolder, **query: Any) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        answer = reader.get(PATH, **query, **({"cursor": cursor} if cursor else {}))
        pages.append(references(answer))
        cursor = answer.json["next_cursor"]
        if cursor is None:
            return pages


def test_shows_the_newest_first(world: World, reader: KeyHolder) -> None:
    made = [sent(world) for _ in range(3)]
    assert walk(reader) == [made[::-1]]


def test_says_of_each_whether_salesforce_has_it(world: World, reader: KeyHolder) -> None:
    for _ in range(2):
        sent(world)
    world.settle()
    sent(world, seconds=0)
    shown = reader.get(PATH).json["payment_requests"]
    assert [one["salesforce"]["state"] for one in shown] == ["waiting", "written", "written"]


def test_goes_on_behind_the_last_page_whatever_is_sent_meanwhile(world: World, reader: KeyHolder) -> None:
    made = [sent(world, seconds=0) for _ in range(5)]
    first = reader.get(PATH, limit=2)
    world.clock.pass_by(seconds=1)
    sent(world)
    second = reader.get(PATH, limit=2, cursor=first.json["next_cursor"])
    third = reader.get(PATH, limit=2, cursor=second.json["next_cursor"])
    told = references(first) + references(second) + references(third)
    assert told == sorted(made, reverse=True), "of one moment, so by reference"
    assert third.json["next_cursor"] is None


def test_ends_where_a_page_is_just_full(world: World, reader: KeyHolder) -> None:
    made = [sent(world) for _ in range(4)]
    assert walk(reader, limit=2) == [made[:1:-1], made[1::-1]]


def test_shows_of_a_number_its_ending_only(world: World, reader: KeyHolder) -> None:
    page = world.open(world.order())
    world.sent(page, phone=OTHER_PHONE)
    text = reader.get(PATH).text
    assert PHONE not in text
    assert OTHER_PHONE not in text
    assert OTHER_PHONE[-4:] in text


def test_finds_by_order_agent_and_time(world: World, reader: KeyHolder) -> None:
    first, second, third = sent(world), sent(world, agent=SIPHO), sent(world)
    order_id = next(row["order_id"] for row in world.rows("payment_requests") if row["reference"] == second)
    assert walk(reader, order_id=order_id[:15]) == [[second]]
    assert walk(reader, agent=SIPHO.user_id[:15]) == [[second]]
    assert walk(reader, agent=THANDI.user_id) == [[third, first]]
    assert walk(reader, since="2026-11-21T10:43:07Z") == [[third, second]]
    assert walk(reader, since="2026-11-21T12:44:07+02:00", agent=THANDI.user_id) == [[third]]
    assert walk(reader, since="2026-11-22T00:00:00Z") == [[]]


def test_finds_what_a_key_sent_by_itself(world: World, reader: KeyHolder) -> None:
    flows = [KeyHolder(world, "flow", name=name) for name in ("Reminders", "Renewals")]
    made = [flow.flow("send", order_id=world.order()).json["reference"] for flow in flows]
    sent(world)
    assert [walk(reader, agent=flow.key.key_id) for flow in flows] == [[[one]] for one in made]


def test_finds_a_request_by_who_acted_last_on_it_too(world: World, reader: KeyHolder) -> None:
    page = world.open(world.order(THANDI, SIPHO))
    reference = world.send(page).json["reference"]
    world.cancel(world.open(page.order_id, SIPHO), reference)
    assert walk(reader, agent=SIPHO.user_id) == walk(reader, agent=THANDI.user_id) == [[reference]]


def test_finds_by_the_word_that_people_see(world: World, reader: KeyHolder) -> None:
    words = {
        "opened": ["PAYMENT_LINK_CLICKED"],
        "expired": ["PAYMENT_LINK_EXPIRED"],
        "paid": ["PAYMENT_LINK_CLICKED", "PAYMENT_RECEIVED"],
        "declined": ["PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED"],
        "sent": [],
    }
    made = {}
    for status, news in words.items():
        made[status] = sent(world)
        link = world.core.last()
        for word in news:
            world.told(link, word)
    assert {status: walk(reader, status=status) for status in words} == {one: [[made[one]]] for one in words}
    assert walk(reader, status="cancelled") == [[]]


def test_compares_amounts_exactly(world: World, reader: KeyHolder) -> None:
    cases = [
        ("0.3", "0.2", "0.1", "paid"),  # in binary, 0.3 - 0.2 is less than 0.1
        ("0.30", "0.2", "0.100", "paid"),
        ("0.3", "0.2", "0.11", "part_paid"),
        ("0.3", "0.21", "0.1", "part_paid"),
        ("999999999999999.98", "0", "999999999999999.99", "part_paid"),
        ("999999999999999.99", "0", "999999999999999.99", "paid"),
        ("0.3", "0.3", "0.1", "paid"),
        ("0.3", "0.2", "0.2", "part_paid", "reversed"),  # money that was given back in part leaves a part
        ("0.3", "0.3", "0.3", "reversed", "reversed"),
    ]
    made = {sent(world): case for case in cases}
    with world.services.store.write() as work:
        for reference, case in made.items():
            captured, taken_back, amount = map(Decimal, case[:3])
            change = update(payment_requests).where(payment_requests.c.reference == reference)
            money = {"money": case[4] if case[4:] else "paid"}
            work.connection.execute(change.values(captured=captured, reversed=taken_back, amount=amount, **money))
    for status in ("paid", "part_paid", "reversed"):
        expected = {reference for reference, case in made.items() if case[3] == status}
        assert set(references(reader.get(PATH, status=status))) == expected
    shown = reader.get(PATH).json["payment_requests"]
    assert {one["reference"]: one["status"] for one in shown} == {one: case[3] for one, case in made.items()}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_id", "nonsense"),
        ("agent", "Thandi"),
        ("agent", "key_" + "x" * 40),
        ("status", "happy"),
        ("since", "yesterday"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "many"),
        ("cursor", "nonsense"),
        ("cursor", "W10="),
        ("cursor", "WyJub3ciLCAiYzJwXzEiXQ=="),
        ("colour", "blue"),
    ],
)
def test_names_the_filter_that_cannot_be_read(reader: KeyHolder, field: str, value: Any) -> None:
    answer = reader.get(PATH, **{field: value})
    assert (answer.status_code, fields_of(answer)) == (422, {field})


def test_repeats_no_card_number_that_somebody_takes_for_a_filter(reader: KeyHolder, lines: list[Any]) -> None:
    answer = reader.get(PATH, **{"4111111111111111": "yes"})
    assert (answer.status_code, fields_of(answer)) == (422, {"query"})
    assert "41111111" not in answer.text + repr(lines)


def test_takes_a_filter_once(world: World, reader: KeyHolder) -> None:
    answer = world.client.get(f"{PATH}?limit=1&limit=2", headers=reader.headers)
    assert (answer.status_code, fields_of(answer)) == (422, {"limit"})
