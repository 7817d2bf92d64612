"""A number on its way: the page asks what it is read as, a send reads it in the order's country, and doubt is refused."""

from __future__ import annotations

from typing import Any

import pytest

from connector.web.requests.phone_readings import MOST
from connector.web.schemas import response_schemas
from tests.factories import PHONE, long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, Page, World, fields_of
from tests.peers.describing import standard

BOTH = "+27687246447 (South Africa) or +687246447 (New Caledonia)"
TYPED = SENTENCES["phone_ambiguous"].replace("{numbers}", BOTH)
OF_ORDER = SENTENCES["order_phone_ambiguous"].replace("{numbers}", BOTH)
READINGS = [
    ("+27687246447", "+27 68 724 6447", "ZA", "South Africa"),
    ("+687246447", "+687 24.64.47", "NC", "New Caledonia"),
]


@pytest.fixture
def flow(world: World) -> KeyHolder:
    return KeyHolder(world, "flow")


def reads(world: World, page: Page, text: str) -> dict[str, Any]:
    answer = world.client.post("/api/phone-readings", json={"phone": text}, headers=page.headers)
    assert answer.status_code == 200, answer.text
    assert response_schemas.PHONE_READ.validate(answer.json) == {}
    return answer.json


def kenyan(world: World, **fields: Any) -> Page:
    """A page on an order of a Kenyan, in an org that has country fields."""
    for name, described in standard().items():
        world.org.describes[name] = {"name": name, "createable": True, "updateable": True, "fields": described}
    return world.open(world.order(BillingCountry="Kenya", **fields))


def told(answer: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(one["number"], one["shown"], one["country"], one["country_name"]) for one in answer["readings"]]


def test_the_door_reads_a_number_with_its_country(world: World, page: Page) -> None:
    answer = reads(world, page, "083 123 4567")
    assert (answer["outcome"], answer["sentence"]) == ("read", None)
    assert told(answer) == [("+27831234567", "+27 83 123 4567", "ZA", "South Africa")]
    assert answer["readings"][0]["warning"] is None


def test_the_door_reads_it_in_the_orders_own_country(world: World) -> None:
    assert told(reads(world, kenyan(world), "0712 345678")) == [("+254712345678", "+254 712 345678", "KE", "Kenya")]


def test_the_door_asks_where_two_readings_are_left(world: World, page: Page) -> None:
    answer = reads(world, page, "687246447")
    assert (answer["outcome"], told(answer)) == ("ambiguous", READINGS)
    question = answer["sentence"]
    assert question["id"] == "phone_which_two"
    assert (question["values"]["country_a"], question["values"]["country_b"]) == ("South Africa", "New Caledonia")
    assert answer["readings"][1]["warning"]["id"] == "phone_fixed_line"


@pytest.mark.parametrize(
    ("text", "outcome", "sentence", "numbers"),
    [
        ("021 123 4567", "read", None, ["+27211234567"]),
        ("0862 123 4567", "unconfirmed", "phone_unknown_range", ["+278621234567"]),
        ("083 123 4567 (wife)", "refused", "phone_unreadable", []),
        ("12", "refused", "phone_impossible", []),
        ("0800 123 456", "refused", "phone_no_customers", []),
        ("+870 773 123 456", "refused", "phone_no_country", []),
        ("", "refused", "phone_missing", []),
    ],
)
def test_the_door_says_what_is_wrong(
    world: World, page: Page, text: str, outcome: str, sentence: str | None, numbers: list[Any]
) -> None:
    answer = reads(world, page, text)
    assert (answer["outcome"], [one["number"] for one in answer["readings"]]) == (outcome, numbers)
    assert (answer["sentence"] or {}).get("id") == sentence
    assert sentence is None or sentence in SENTENCES


def test_the_door_keeps_and_logs_no_number(world: World, page: Page, lines: list[Any]) -> None:
    """That no line holds a number every test here looks at, in ``lines``."""
    reads(world, page, PHONE)
    assert [row for table in ("payment_requests", "stopped_numbers") for row in world.rows(table)] == []


def test_the_door_is_for_open_pages_and_one_body(world: World, page: Page, flow: KeyHolder) -> None:
    ask = world.client.post
    assert ask("/api/phone-readings", json={"phone": PHONE}).status_code == 401
    assert ask("/api/phone-readings", json={"phone": PHONE}, headers=flow.headers).status_code == 401
    bodies: list[Any] = [{}, {"phone": 7}, {"phone": "1" * 81}, {"phone": PHONE, "order_id": "x"}, []]
    for body in bodies:
        assert ask("/api/phone-readings", json=body, headers=page.headers).status_code == 422


@pytest.mark.parametrize(("seconds", "wait"), [(17, "36"), (52.6, "1")], ids=["in the middle", "at its very end"])
def test_the_door_is_open_so_many_times_a_minute_for_each_page(
    world: World, page: Page, seconds: float, wait: str
) -> None:
    world.clock.pass_by(seconds=seconds)
    for _ in range(MOST):
        reads(world, page, PHONE)
    answer = world.client.post("/api/phone-readings", json={"phone": PHONE}, headers=page.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "limit_reached")
    assert answer.headers["Retry-After"] == wait
    assert reads(world, world.open(world.order()), PHONE)["outcome"] == "read"
    world.clock.pass_by(minutes=1)
    assert reads(world, page, PHONE)["outcome"] == "read"


def test_a_send_of_what_may_be_two_numbers_is_refused_with_both(world: World, page: Page) -> None:
    answer = world.send(page, phone="687246447")
    error = answer.json["error"]
    assert (answer.status_code, error["code"], error["retryable"]) == (422, "phone_ambiguous", False)
    assert error["fields"] == {"phone": [TYPED]}
    assert error["message"] == TYPED
    assert world.core.sends == world.rows("payment_requests") == []
    assert world.send(page, phone="+687246447").status_code == 201
    assert world.core.sends[0]["endUserMobileNumber"] == "687246447"


def test_a_send_reads_a_number_in_the_orders_own_country(world: World) -> None:
    assert world.send(kenyan(world), phone="0712 345678").status_code == 201
    assert world.core.sends[0]["endUserMobileNumber"] == "254712345678"


def test_a_number_in_no_known_range_takes_the_agents_word_and_its_plus(world: World, page: Page) -> None:
    number = "+27 86 2123 4567"
    assert fields_of(world.send(page, phone=number)) == {"phone"}
    assert fields_of(world.send(page, phone=number[1:], phone_confirmed=True)) == {"phone"}
    assert fields_of(world.send(page, phone="+870 773 123 456", phone_confirmed=True)) == {"phone"}
    assert world.core.sends == []
    assert world.send(page, phone=number, phone_confirmed=True).status_code == 201
    assert world.core.sends[0]["endUserMobileNumber"] == "278621234567"


def test_a_key_cannot_answer_for_a_number(world: World, flow: KeyHolder) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_give_phone": True})
    body = {"order_id": world.order(), "channel": "sms", "phone": "+27 86 2123 4567", "phone_confirmed": True}
    answer = flow.post("/api/payment-requests", body)
    assert (answer.status_code, fields_of(answer)) == (422, {"phone_confirmed"})


def test_a_key_that_leaves_all_but_the_order_empty_sends_to_the_orders_own_number(
    world: World, flow: KeyHolder
) -> None:
    empty = dict.fromkeys(("phone", "user_id", "amount", "expected_total", "expected_currency", "idempotency_key"))
    answer = flow.post("/api/payment-requests", {"order_id": world.order(), "channel": "sms", **empty})
    assert answer.status_code == 201, answer.text
    assert world.core.sends[0]["endUserMobileNumber"] == "27831234567"


def test_a_key_is_refused_what_may_be_two_numbers(world: World, flow: KeyHolder) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_give_phone": True})
    body = {"order_id": world.order(), "channel": "sms", "phone": "687246447"}
    answer = flow.post("/api/payment-requests", body)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "phone_ambiguous")
    told = flow.flow("send", order_id=body["order_id"], phone="687246447")
    assert (told.json["outcome"], told.json["sentence"]) == ("refused", TYPED)


def test_the_orders_own_number_that_may_be_two_is_refused_to_whoever_has_no_page(world: World, flow: KeyHolder) -> None:
    order_id = world.order(BillToContact={"MobilePhone": "687246447"})
    answer = flow.post("/api/payment-requests", {"order_id": order_id, "channel": "sms"})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "phone_ambiguous")
    assert answer.json["error"]["fields"] == {"phone": [OF_ORDER]}
    assert flow.flow("send", order_id=order_id).json == {"outcome": "refused", "sentence": OF_ORDER, "reference": None}
    assert world.core.sends == []


def test_an_order_without_a_number_that_is_sure_names_its_fields(world: World, flow: KeyHolder) -> None:
    order_id = world.order(BillToContact={"MobilePhone": "083 123 4567 (wife)", "Phone": "021 123 4567"})
    error = flow.post("/api/payment-requests", {"order_id": order_id, "channel": "sms"}).json["error"]
    assert error["message"] == SENTENCES["order_phone_missing"]
    assert error["fields"]["phone"] == [
        SENTENCES["order_phone_missing"],
        f"BillToContact.MobilePhone: {SENTENCES['phone_unreadable']}",
        f"BillToContact.Phone: {SENTENCES['phone_fixed_line']}",
    ]
    assert world.core.sends == []


def test_a_page_shows_the_orders_number_with_its_country(world: World) -> None:
    order = kenyan(world, BillToContact={"MobilePhone": "0712 345678"}).data["order"]
    assert (order["phone"], order["country"]) == ("254712345678", "KE")
    reading = order["phone_reading"]
    assert (reading["number"], reading["shown"], reading["country_name"]) == (
        "+254712345678",
        "+254 712 345678",
        "Kenya",
    )
    assert order["phone_notes"] == []


def test_a_page_names_the_fields_that_were_not_taken_and_offers_what_they_may_be(world: World) -> None:
    contact = {"MobilePhone": "083 123 4567 (wife)", "Phone": "021 123 4567"}
    page = world.open(world.order(BillToContact=contact))
    for order in (page.data["order"], world.look(page)):
        assert (order["phone"], order["phone_reading"]) == (None, None)
        mobile, line = order["phone_notes"]
        assert (mobile["field"], mobile["sentence"]["id"]) == ("BillToContact.MobilePhone", "phone_note_unreadable")
        assert (mobile["sentence"]["values"], mobile["readings"]) == ({"field": "Mobile Phone (Bill To Contact)"}, [])
        assert [one["number"] for one in line["readings"]] == ["+27211234567"]
        assert line["readings"][0]["warning"]["id"] == "phone_fixed_line"


def test_the_notes_rest_sealed_and_are_gone_once_the_number_was_put_right(world: World) -> None:
    page = world.open(world.order(BillToContact={"MobilePhone": "687246447"}))
    row = world.row("orders")
    assert row["phone_notes"]
    assert b"687246447" not in row["phone_notes"]
    world.org.orders[page.order_id]["BillToContact"] = {"MobilePhone": "+27 68 724 6447"}
    world.open(page.order_id)
    assert (world.look(page)["phone"], world.look(page)["phone_notes"]) == ("27687246447", [])
    assert world.row("orders")["phone_notes"] is None


def test_a_replacement_goes_to_the_old_number_and_to_another_that_is_sure(world: World, page: Page) -> None:
    world.send(page, phone="+27 86 2123 4567", phone_confirmed=True)
    reference = world.row("payment_requests")["reference"]
    url = f"/api/payment-requests/{reference}/replace"
    answer = world.client.post(url, json={"phone": "687246447"}, headers=page.headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "phone_ambiguous")
    answer = world.client.post(url, json={"channel": "whatsapp"}, headers=page.headers)
    assert answer.json["outcome"] == "replaced", answer.text
    assert [one["endUserMobileNumber"] for one in world.core.sends] == ["278621234567"] * 2


def test_one_key_and_the_same_digits_are_the_same_request_however_they_are_spaced(world: World, page: Page) -> None:
    first = world.send(page, key="key-00000001", phone="+27 83 123 4567")
    again = world.send(page, key="key-00000001", phone="+27831234567")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json["reference"] == again.json["reference"]
    other = world.send(page, key="key-00000001", phone="+27831234568")
    assert other.json["error"]["code"] == "idempotency_key_reused"


def test_what_comes_from_another_orders_page_is_read_in_that_orders_country(world: World) -> None:
    local, abroad = world.open(world.order()), kenyan(world)
    assert told(reads(world, abroad, "0712 345678"))[0][2] == "KE"
    assert told(reads(world, local, "0712 345678"))[0][2] == "ZA"
    assert local.order_id != abroad.order_id == long_id(abroad.order_id[:15])
