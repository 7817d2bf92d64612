"""The number that was last used is saved in Salesforce, by the agent's own session and only where that agent may."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connector.domain.tenants.rights import Right, Rights
from connector.web.schemas.phone_serializers import with_saving
from tests.factories import OTHER_PHONE, PHONE, THANDI, long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.played_once import played_once
from tests.journeys.world import Clock, Page, World

CONTACT, ACCOUNT = long_id("003xx0000000001"), long_id("001xx0000000001")
ENDING = OTHER_PHONE[-4:]


@pytest.fixture
@played_once
def page(world: World) -> Page:
    """A page whose order's link went to another number than its contact's."""
    page = world.open(world.order(BillToContactId=CONTACT))
    world.org.records[CONTACT] = page.order_id, "BillToContact"
    describe(world)
    world.sent(page, phone=OTHER_PHONE)
    return page


def describe(world: World, *, updateable: bool = True) -> None:
    field = {"name": "MobilePhone", "type": "phone", "updateable": updateable}
    world.org.describes["Contact"] = {"name": "Contact", "updateable": True, "fields": [field]}


def save(world: World, page: Page, ending: str = ENDING) -> Any:
    answer = world.client.post("/api/order-phone", json={"phone_ending": ending}, headers=page.headers)
    assert answer.status_code == 200, answer.text
    assert OTHER_PHONE not in answer.text
    return answer.json


def mobile(world: World, page: Page) -> Any:
    return world.org.orders[page.order_id]["BillToContact"]["MobilePhone"]


def test_is_offered_and_saved_in_the_contact(world: World, page: Page) -> None:
    assert world.look(page)["can_save_phone"] is world.open(page.order_id).data["order"]["can_save_phone"] is True
    saved = save(world, page)
    assert (saved["outcome"], saved["sentence"]["id"]) == ("saved", "phone_saved_contact")
    assert saved["sentence"]["values"] == {"phone_ending": ENDING}
    assert mobile(world, page) == f"+{OTHER_PHONE}"
    seen = world.look(page)
    assert (seen["phone"], seen["last_number"], seen["can_save_phone"]) == (OTHER_PHONE, None, False)
    assert world.org.writers[-1] == THANDI.token


@pytest.mark.parametrize(
    ("path", "kind", "sentence"),
    [("Account.Phone", "Account", "phone_saved_account"), ("Phone__c", "Order", "phone_saved_order")],
)
def test_is_saved_in_the_record_that_the_orders_number_comes_from(
    world: World, path: str, kind: str, sentence: str
) -> None:
    mapping = replace(world.acme.mapping, phones=(path, "BillToContact.MobilePhone"))
    world.services.store.tenants.change("acme", lambda one: replace(one, mapping=mapping), now=world.clock())
    page = world.open(world.order(BillToContactId=CONTACT, AccountId=ACCOUNT, Account={"Phone": PHONE}, Phone__c=PHONE))
    world.org.records[ACCOUNT] = page.order_id, "Account"
    name = path.rpartition(".")[2]
    field = {"name": name, "type": "phone", "updateable": True}
    world.org.describes[kind] = {"name": kind, "updateable": True, "fields": [field]}
    world.sent(page, phone=OTHER_PHONE)
    assert save(world, page)["sentence"]["id"] == sentence
    order = world.org.orders[page.order_id]
    assert (order if kind == "Order" else order["Account"])[name] == f"+{OTHER_PHONE}"
    assert mobile(world, page) == "+27 83 123 4567", "the contact has its own"


def test_a_second_press_writes_the_same_again(world: World, page: Page) -> None:
    assert [save(world, page)["outcome"], save(world, page)["outcome"]] == ["saved", "saved"]
    assert mobile(world, page) == f"+{OTHER_PHONE}"


def test_is_not_offered_where_salesforce_has_the_number(world: World) -> None:
    page = world.open(world.order())
    world.sent(page, phone=PHONE)
    assert world.look(page)["can_save_phone"] is False


@pytest.mark.parametrize("read_again", [False, True])
def test_does_not_write_over_what_somebody_changed_meanwhile(
    world: World, page: Page, clock: Clock, read_again: bool
) -> None:
    clock.pass_by(minutes=1)
    world.org.orders[page.order_id]["BillToContact"]["MobilePhone"] = "+27821112233"
    if read_again:
        world.open(page.order_id)
    assert save(world, page)["sentence"]["id"] == "phone_save_changed"
    assert mobile(world, page) == "+27821112233"


def test_saves_no_other_number_than_the_page_showed(world: World, page: Page) -> None:
    assert save(world, page, "0001")["outcome"] == "changed"
    assert mobile(world, page) == "+27 83 123 4567"


def test_saves_nothing_for_an_order_that_nothing_was_sent_for(world: World) -> None:
    page = world.open(world.order())
    assert save(world, page)["outcome"] == "changed"


@pytest.mark.parametrize("lacks", ["record", "field", "object", "answer"])
def test_is_refused_without_the_right(world: World, page: Page, lacks: str) -> None:
    if lacks == "record":
        world.org.only_look.add(THANDI.user_id)
    elif lacks == "field":
        describe(world, updateable=False)
    elif lacks == "answer":
        world.org.answers["UserRecordAccess"] = []
    else:
        del world.org.describes["Contact"]
    refused = save(world, page)
    assert (refused["outcome"], refused["sentence"]["id"]) == ("no_right", "phone_save_no_right")
    assert set(refused["sentence"]["values"]) == {"admin"}
    assert CONTACT not in json.dumps(world.org.pushed)


@pytest.mark.parametrize(
    ("code", "outcome", "sentence"),
    [
        ("INSUFFICIENT_ACCESS_OR_READONLY", "refused", "phone_save_no_right"),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", "refused", "phone_save_refused"),
        ("ENTITY_IS_LOCKED", "refused", "phone_save_refused"),
        ("UNABLE_TO_LOCK_ROW", "later", "phone_save_later"),
        pytest.param("", "unknown", "phone_save_unknown", id="an error that nobody can read"),
    ],
)
def test_a_refusal_of_the_write_is_a_sentence(world: World, page: Page, code: str, outcome: str, sentence: str) -> None:
    world.org.refuses[CONTACT] = code
    refused = save(world, page)
    assert (refused["outcome"], refused["sentence"]["id"]) == (outcome, sentence)
    assert mobile(world, page) == "+27 83 123 4567"


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("INSUFFICIENT_ACCESS", "phone_save_no_right"), ("MALFORMED_QUERY", "phone_save_refused")],
)
def test_a_refusal_to_look_says_whether_a_right_is_missing(world: World, page: Page, code: str, sentence: str) -> None:
    world.org.answers["UserRecordAccess"] = code
    refused = save(world, page)
    assert (refused["outcome"], refused["sentence"]["id"]) == ("refused", sentence)
    assert CONTACT not in json.dumps(world.org.pushed)


def test_a_lost_answer_is_not_called_saved(world: World, page: Page) -> None:
    world.org.drop_answers = True
    assert save(world, page)["sentence"]["id"] == "phone_save_unknown"
    assert (mobile(world, page), world.look(page)["phone"]) == (f"+{OTHER_PHONE}", OTHER_PHONE), "it is looked at again"


def test_needs_the_agents_own_session(world: World, page: Page) -> None:
    world.org.sessions_over.add(THANDI.token)
    assert save(world, page)["sentence"]["id"] == "phone_save_session_over"
    assert CONTACT not in json.dumps(world.org.pushed)


def test_is_not_offered_to_a_page_that_apex_opened(world: World, page: Page) -> None:
    opened = KeyHolder(world, "apex").launch(page.order_id)
    order, token = opened.json["order"], opened.json["launch_token"]
    assert (order["last_number"] is not None, order["can_save_phone"]) == (True, False)
    panel = Page(opened.json, token, page.order_id)
    assert world.look(panel)["can_save_phone"] is False
    assert save(world, panel)["outcome"] == "session_over"
    assert mobile(world, page) == "+27 83 123 4567"


@pytest.mark.parametrize(
    ("lacks", "offered"),
    [
        pytest.param({}, True, id="nothing"),
        pytest.param({"rights": Rights(frozenset({Right.CAPTURE}))}, False, id="the right to send"),
        pytest.param({"in_session": False}, False, id="a session of the agent's own"),
        pytest.param({"view": {"last_number": None}}, False, id="another number than Salesforce has"),
    ],
)
def test_is_offered_to_whom_salesforce_lets_send_with_a_session_of_their_own(
    world: World, lacks: dict[str, Any], offered: bool
) -> None:
    may: dict[str, Any] = {"view": {"last_number": {}}, "rights": Rights(frozenset({Right.SEND})), "in_session": True}
    assert with_saving(tenant=world.acme, **(may | lacks))["can_save_phone"] is offered


@pytest.mark.parametrize("phones", [["Customer__r.Phone__c"], ["BillToContact.Owner.Phone", "Account.Phone"]])
def test_is_not_offered_where_the_number_is_on_another_record(world: World, page: Page, phones: list[str]) -> None:
    mapping = replace(world.acme.mapping, phones=tuple(phones))
    world.services.store.tenants.change("acme", lambda one: replace(one, mapping=mapping), now=world.clock())
    view: dict[str, object] = {"last_number": {}}
    shown = with_saving(view, world.acme, rights=Rights(frozenset({Right.SEND})), in_session=True)
    assert shown["can_save_phone"] is False
    assert save(world, page)["outcome"] in ("no_record", "later")


def test_an_order_without_contact_has_no_record_for_it(world: World, page: Page) -> None:
    world.org.orders[page.order_id]["BillToContactId"] = None
    world.org.orders[page.order_id]["AccountId"] = None
    assert save(world, page)["sentence"]["id"] == "phone_save_no_record"


def test_names_no_number_in_the_log(world: World, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    save(world, page)
    assert OTHER_PHONE not in caplog.text


def test_needs_a_launch(world: World) -> None:
    assert world.client.post("/api/order-phone", json={"phone_ending": "0001"}).status_code == 401


def test_takes_four_digits_only(world: World, page: Page) -> None:
    answer = world.client.post("/api/order-phone", json={"phone_ending": OTHER_PHONE}, headers=page.headers)
    assert answer.status_code == 422
    assert OTHER_PHONE not in answer.text
