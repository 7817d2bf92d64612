"""Replacing a link: the old one is dead by the core's own record before the new one exists; never two that can be paid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from connector.domain.payments.status import Link, States
from connector.store.requests import request_rows
from tests.captured_logs import capture_logs
from tests.factories import OTHER_PHONE, SIPHO, THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.verbs import Died, die, made, post, press, shown
from tests.journeys.world import SENTENCES, Clock, Page, World, fields_of, once


@pytest.fixture
def page(world: World) -> Page:
    """A page with a link that was sent."""
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    return page


@pytest.fixture(autouse=True)
def never_two_live_links(request: pytest.FixtureRequest) -> Any:
    """Whatever a test does, no second link is made while an earlier one can be paid."""
    world: World = request.getfixturevalue("world")
    dead = ("PAYMENT_LINK_CANCELLED", "PAYMENT_LINK_EXPIRED")
    alive_at_send: list[str] = []

    def look(body: dict[str, Any]) -> None:
        links = world.core.links.values()
        alive_at_send.extend(
            one["paymentLinkRef"]
            for one in links
            if one["orderNumber"] == body["orderNumber"] and one["linkStatus"] not in dead
        )

    world.core.on_send = look
    yield
    assert alive_at_send == []


def test_closes_the_old_link_and_sends_the_new_one_that_names_it(world: World, page: Page) -> None:
    told = press(world, page, "replace")
    old, new = made(world)
    assert (told["outcome"], told["sentence"]) == ("replaced", SENTENCES["replace_replaced"])
    assert (old["link"], old["live"], new["link"], new["live"]) == ("cancelled", False, "sent", True)
    assert (told["payment_request"]["reference"], new["replaces"]) == (new["reference"], old["reference"])
    assert told["payment_request"]["replaces"] == old["reference"]
    assert world.core.cancels == world.core.questions == ["link-0001"]
    assert len(world.core.sends) == 2


def test_takes_another_channel_and_number_and_keeps_what_is_left_out(world: World, page: Page) -> None:
    press(world, page, "replace", channel="whatsapp", phone=OTHER_PHONE)
    first, second = world.core.sends
    assert (second["channel"], second["endUserMobileNumber"]) == ("whatsapp", OTHER_PHONE)
    assert second["totalAmount"] == first["totalAmount"] == 115
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    reference = made(world)[1]["reference"]
    url = f"/api/payment-requests/{reference}/replace"
    assert world.client.post(url, headers=page.headers).json["outcome"] == "replaced"
    third = world.core.sends[2]
    assert (third["channel"], third["endUserMobileNumber"]) == ("whatsapp", OTHER_PHONE)


@pytest.mark.parametrize("word", ["PAYMENT_REVIEW", "PAYMENT_AUTHORIZED", "PAYMENT_RECEIVED"])
def test_of_a_dead_link_on_which_the_core_has_money_that_nobody_told_of_sends_nothing(
    world: World, page: Page, word: str
) -> None:
    link = world.core.last()
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.core.happen(link, word)
    assert press(world, page, "replace")["outcome"] == "not_dead"
    assert len(world.core.sends) == 1


def test_asks_for_what_the_order_costs_now(world: World, page: Page) -> None:
    world.org.orders[page.order_id].update(Grand_Total__c=230.0, Tax__c=30.0, Sub_Total__c=200.0)
    assert press(world, page, "replace")["payment_request"]["amount"] == "230.00"


def test_of_all_that_was_left_asks_for_what_is_left_now(world: World) -> None:
    page = world.open(world.order())
    world.sent(page, purpose="balance")
    world.org.orders[page.order_id].update(Grand_Total__c=230.0, Tax__c=30.0, Sub_Total__c=200.0)
    told = press(world, page, "replace")["payment_request"]
    assert (told["amount"], told["purpose"]) == ("230.00", "balance")


def test_by_an_agent_who_cannot_see_the_order_any_more_leaves_the_old_link_as_it_is(world: World, page: Page) -> None:
    world.org.seen_by[THANDI.token].clear()
    answer = post(world, page, "replace")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "no_access")
    assert (len(world.core.sends), world.core.cancels) == (1, [])


def test_of_a_part_asks_for_the_same_part(world: World) -> None:
    world.tenant(parts_allowed=True)
    page = world.open(world.order())
    world.sent(page, amount="40.00", purpose="deposit")
    told = press(world, page, "replace", channel="whatsapp")
    assert (told["payment_request"]["amount"], told["payment_request"]["purpose"]) == ("40.00", "deposit")
    reference = told["payment_request"]["reference"]
    url = f"/api/payment-requests/{reference}/replace"
    told = world.client.post(url, json={"amount": "50.00"}, headers=page.headers).json
    assert told["payment_request"]["amount"] == "50.00"


@pytest.mark.parametrize(
    "words",
    [["PAYMENT_LINK_EXPIRED"], ["PAYMENT_LINK_CANCELLED"], ["PAYMENT_DECLINED", "PAYMENT_LINK_EXPIRED"],
     ["PAYMENT_REVIEW", "PAYMENT_DECLINED", "PAYMENT_LINK_EXPIRED"]],
    ids=["expired", "cancelled", "declined", "declined after a review"],
)  # fmt: skip
def test_of_a_link_that_is_dead_already_asks_the_core_and_sends(world: World, page: Page, words: list[str]) -> None:
    for word in words:
        world.told(world.core.last(), word)
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert world.core.cancels == []


@pytest.mark.parametrize(
    "words",
    [["PAYMENT_LINK_CLICKED"], ["PAYMENT_RECEIVED"], ["PAYMENT_AUTHORIZED"], ["PAYMENT_REVIEW"],
     ["PAYMENT_LINK_EXPIRED", "PAYMENT_RECEIVED"], ["PAYMENT_LINK_CLICKED", "PAYMENT_DECLINED"]],
)  # fmt: skip
@pytest.mark.parametrize("told", [True, False], ids=["known", "only the core knows"])
def test_of_a_link_that_is_not_dead_sends_nothing(world: World, page: Page, words: list[str], told: bool) -> None:
    for word in words:
        body = world.core.happen(world.core.last(), word)
        if told:
            world.callback(body)
            world.drain()
    answer = press(world, page, "replace", key="key-00001")
    assert answer["outcome"] == "not_dead"
    assert press(world, page, "replace", key="key-00001")["outcome"] == "not_dead"
    assert len(world.core.sends) == 1


def test_of_a_link_that_the_customer_has_open_asks_nobody_whether_it_can_be_closed(
    world: World, page: Page, clock: Clock
) -> None:
    clock.pass_by(minutes=1)
    world.told(world.core.last(), "PAYMENT_LINK_CLICKED")
    before = (len(world.org.queries), len(world.core.questions))
    assert press(world, page, "replace")["outcome"] == "not_dead"
    assert (len(world.org.queries), len(world.core.questions)) == before
    assert (world.core.cancels, len(world.core.sends)) == ([], 1)


@pytest.mark.parametrize("switches", [("lose_requests",), ("drop_answers", "mute"), ("mute",)])
def test_of_a_link_that_nobody_can_prove_dead_sends_nothing_and_goes_on_later(
    world: World, page: Page, switches: Any
) -> None:
    for switch in switches:
        setattr(world.core, switch, True)
    told = press(world, page, "replace", key="key-00001")
    assert (told["outcome"], told["sentence"]) == ("unknown", SENTENCES["replace_unknown"])
    assert len(world.core.sends) == 1
    again = post(world, page, "replace", key="key-00001")
    assert (again.status_code, again.json["outcome"]) == (202, "unknown")
    for switch in switches:
        setattr(world.core, switch, False)
    assert press(world, page, "replace", key="key-00001")["outcome"] == "replaced"
    assert press(world, page, "replace", key="key-00001")["outcome"] == "replaced"
    assert len(world.core.sends) == 2


def test_believes_no_answer_to_a_cancel_that_the_record_does_not_show(world: World, page: Page) -> None:
    world.core.on_question = lambda: world.core.last().update(linkStatus="PAYMENT_LINK_CLICKED")
    assert press(world, page, "replace")["outcome"] == "not_dead"
    assert len(world.core.sends) == 1


def test_of_a_send_whose_outcome_is_unknown_finds_out_first(world: World) -> None:
    page = world.open(world.order())
    world.core.drop_answers = True
    world.send(page)
    world.core.drop_answers = False
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert world.core.cancels == ["link-0001"]


@pytest.mark.parametrize(("link", "named"), [(Link.REJECTED, "link-0001"), (Link.EXPIRED, None)])
def test_of_a_link_that_the_core_does_not_have_sends_nothing_although_we_call_it_ended(
    world: World, page: Page, link: Link, named: str | None
) -> None:
    request = replace(world.request(made(world)[0]["reference"]), link_reference=named)
    with world.services.store.write() as work:
        request_rows.save(work, replace(request, states=States(link=link), live=False))
    world.core.links.clear()
    assert press(world, page, "replace")["outcome"] == "unknown"
    assert len(world.core.sends) == 1


def test_of_a_send_that_never_left_sends(world: World) -> None:
    page = world.open(world.order())
    world.core.down = True
    world.send(page)
    world.core.down = False
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert (len(world.core.sends), world.core.cancels) == (1, [])


def _forgotten(world: World) -> None:
    world.core.not_found = world.core.hides = True


def _of_another_amount(world: World) -> None:
    world.core.last()["totalAmount"] = 1.0


@pytest.mark.parametrize("spoil", [_forgotten, _of_another_amount])
def test_of_a_dead_link_that_the_core_does_not_have_as_ours_sends_nothing(
    world: World, page: Page, spoil: Callable[[World], None]
) -> None:
    world.told(world.core.last(), "PAYMENT_LINK_EXPIRED")
    spoil(world)
    assert press(world, page, "replace")["outcome"] == "unknown"
    assert len(world.core.sends) == 1


def test_of_a_send_that_the_core_refused_sends(world: World) -> None:
    page = world.open(world.order())
    world.core.refuse = (409, "SOMETHING_WRONG")
    with capture_logs() as lines:
        assert world.send(page).status_code == 422
    calls = Counter(one["operation"] for one in lines if one["event"] == "peer_called")
    assert calls["send_payment_link"] == 1, "it is not sent again by itself"
    world.core.refuse = None
    assert press(world, page, "replace")["outcome"] == "replaced"
    assert (len(world.core.sends), world.core.cancels) == (1, [])


@pytest.mark.parametrize(
    ("part", "body", "asked"),
    [
        ("40.00", {"amount": "40.50"}, None),
        ("40.50", {}, None),
        ("40.00", {}, "40"),
        ("40.50", {"amount": "50.00"}, "50"),
    ],
)
def test_of_a_part_asks_in_the_digits_that_the_core_takes_now(
    world: World, part: str, body: dict[str, Any], asked: str | None
) -> None:
    world.tenant(parts_allowed=True)
    page = world.open(world.order())
    world.sent(page, amount=part, purpose="deposit")
    whole = replace(world.acme.configuration, currency_digits={"ZAR": 0})
    world.services.store.tenants.change("acme", lambda kept: replace(kept, configuration=whole), now=world.clock())
    answer = post(world, page, "replace", **body)
    if asked is None:
        assert (answer.status_code, fields_of(answer), world.core.cancels) == (422, {"amount"}, [])
    else:
        assert answer.json["payment_request"]["amount"] == asked


# --- what the new link may not be, the old one outlives --------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    [({"amount": "115.01"}, "amount"), ({"amount": "40.00"}, "amount"), ({"phone": "12"}, "phone"),
     ({"channel": "pigeon"}, "channel"), ({"force": True}, "force"), ({"order_id": "801xx0000001gEhAAI"}, "order_id")],
)  # fmt: skip
def test_with_a_field_that_cannot_be_sent_leaves_the_old_link_as_it_is(
    world: World, page: Page, body: dict[str, Any], field: str
) -> None:
    answer = post(world, page, "replace", **body)
    assert (answer.status_code, fields_of(answer)) == (422, {field})
    assert (world.core.cancels, shown(world, page)["status"]) == ([], "sent")


def test_of_an_order_that_changed_meanwhile_leaves_the_old_link_as_it_is(world: World, page: Page) -> None:
    answer = post(world, page, "replace", expected_total="114.00")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "order_changed")
    assert world.core.cancels == []


def test_beyond_the_limits_leaves_the_old_link_as_it_is(world: World) -> None:
    world.tenant(policy={"rights_from": "order_access", "sends_per_order_hour": 1})
    page = world.open(world.order())
    world.sent(page)
    answer = post(world, page, "replace")
    assert (answer.status_code, answer.json["error"]["code"]) == (429, "limit_reached")
    assert (world.core.cancels, shown(world, page)["status"]) == ([], "sent")


def test_on_a_channel_that_the_customer_refused_leaves_the_old_link_as_it_is(world: World) -> None:
    world.tenant(
        mapping={"consents": {"whatsapp": {"field": "Opt_In__c", "yes": ["yes"], "no": ["no"], "unknown": "allow"}}}
    )
    page = world.open(world.order(Opt_In__c="no"))
    world.sent(page)
    answer = post(world, page, "replace", channel="whatsapp", customer_agreed=True)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "channel_refused")
    assert world.core.cancels == []


@pytest.mark.parametrize("peer", ["salesforce", "core"])
def test_while_a_peer_is_away_leaves_the_old_link_as_it_is(world: World, page: Page, peer: str) -> None:
    if peer == "salesforce":
        world.org.down = True
        assert post(world, page, "replace").status_code == 503
    else:
        world.core.down = True
        assert press(world, page, "replace")["outcome"] == "unknown"
    world.org.down = world.core.down = False
    assert (world.core.cancels, shown(world, page)["status"]) == ([], "sent")


def test_for_a_disabled_tenant_is_503_and_leaves_the_old_link_as_it_is(world: World, page: Page) -> None:
    world.disable()
    answer = post(world, page, "replace")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "tenant_disabled")
    assert world.core.cancels == []


# --- crashes, keys, two at once --------------------------------------------------------------------------------------


def killed_between_cancel_and_send(world: World, page: Page, **options: Any) -> None:
    world.core.on_question = die
    with pytest.raises(Died):
        post(world, page, "replace", **options)
    world.core.on_question = None
    world.restart()
    assert (len(world.core.cancels), len(world.core.sends)) == (1, 1)


def test_killed_between_cancel_and_send_goes_on_with_its_key(world: World, page: Page) -> None:
    killed_between_cancel_and_send(world, page, key="key-00001")
    told = press(world, page, "replace", key="key-00001")
    assert (told["outcome"], told["payment_request"]["status"]) == ("replaced", "sent")
    assert press(world, page, "replace", key="key-00001")["payment_request"] == told["payment_request"]
    assert (len(world.core.sends), len(world.core.cancels)) == (2, 1)


def test_killed_between_cancel_and_send_is_taken_over_by_another_press(world: World, page: Page) -> None:
    killed_between_cancel_and_send(world, page, key="key-00001")
    assert press(world, page, "replace", key="key-00002")["outcome"] == "replaced"
    answer = post(world, page, "replace", key="key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "another_live")
    assert len(world.core.sends) == 2


def test_that_is_done_has_the_same_answer_after_the_old_link_was_paid_after_all(world: World, page: Page) -> None:
    told = press(world, page, "replace", key="key-00001")
    old, _ = world.core.links.values()
    world.told(old, "PAYMENT_RECEIVED")
    again = press(world, page, "replace", key="key-00001")
    assert again["outcome"] == "replaced"
    assert again["payment_request"]["reference"] == told["payment_request"]["reference"]


def test_killed_while_sending_never_makes_a_second_link(world: World, page: Page, clock: Clock) -> None:
    world.core.on_sent = die
    with pytest.raises(Died):
        post(world, page, "replace", key="key-00001")
    world.core.on_sent = None
    world.restart()
    answer = post(world, page, "replace", key="key-00001")
    assert (answer.status_code, answer.json["outcome"]) == (202, "unknown")
    assert answer.json["sentence"] == SENTENCES["replace_new_unknown"]
    clock.pass_by(seconds=11)
    world.sweep()
    assert press(world, page, "replace", key="key-00001")["outcome"] == "replaced"
    assert len(world.core.sends) == 2


def test_whose_new_link_has_no_answer_is_unknown_and_found_out(world: World, page: Page, clock: Clock) -> None:
    world.core.on_send, look = once(lambda: setattr(world.core, "drop_answers", True)), world.core.on_send
    told = press(world, page, "replace", key="key-00001")
    world.core.on_send, world.core.drop_answers = look, False
    assert (told["outcome"], told["payment_request"]["status"]) == ("unknown", "unknown")
    clock.pass_by(seconds=11)
    world.sweep()
    told = press(world, page, "replace", key="key-00001")
    assert (told["outcome"], told["payment_request"]["status"]) == ("replaced", "sent")
    assert len(world.core.sends) == 2


def test_whose_new_link_the_core_refuses_is_422_each_time_it_is_repeated(world: World, page: Page) -> None:
    world.core.on_question = lambda: setattr(world.core, "refuse", (422, "COUNTRY_NOT_ALLOWED"))
    said = set()
    for _ in range(2):
        answer = post(world, page, "replace", key="key-00001")
        assert (answer.status_code, answer.json["error"]["code"]) == (422, "core_refused")
        said.add(answer.json["error"]["message"])
    assert len(said) == 1, "and each time for the same reason"
    assert world.look(page)["can_send"] is True


@pytest.mark.parametrize("change", [{"channel": "whatsapp"}, {"phone": OTHER_PHONE}, {"amount": "115.00"}])
def test_with_the_same_key_and_another_body_is_422(world: World, page: Page, change: dict[str, Any]) -> None:
    press(world, page, "replace", key="key-00001")
    answer = post(world, page, "replace", key="key-00001", **change)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert len(world.core.sends) == 2


@pytest.mark.both_databases
@pytest.mark.parametrize("keys", [("key-00001", "key-00002"), ("key-00001", "key-00001"), (None, None)])
def test_of_two_at_once_makes_one_new_link(world: World, page: Page, keys: Any) -> None:
    meeting = Barrier(2)
    world.org.before_query = lambda: meeting.wait(60)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda key: post(world, page, "replace", key=key), keys))
    won = [one for one in answers if one.status_code in (200, 202) and one.json["payment_request"]["replaces"]]
    assert len({one.json["payment_request"]["reference"] for one in won}) == 1
    assert {one.status_code for one in answers} <= {200, 202, 409}
    assert len(world.core.sends) == len(world.rows("payment_requests")) == 2


# --- who may ---------------------------------------------------------------------------------------------------------


def test_of_a_colleagues_link_notes_both(world: World, page: Page) -> None:
    told = press(world, world.open(page.order_id, SIPHO), "replace")
    assert told["payment_request"]["requested_by"]["name"] == "Sipho"
    old = made(world)[0]
    assert (old["requested_by_name"], old["handled_by_name"]) == ("Thandi", "Sipho")


def test_of_a_colleagues_link_ends_where_the_admin_says_so(world: World) -> None:
    world.tenant(policy={"only_own_requests": True, "rights_from": "order_access"})
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    answer = post(world, world.open(page.order_id, SIPHO), "replace")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_yours")
    assert world.core.cancels == []


def test_without_the_right_to_send_is_403(world: World) -> None:
    world.tenant(policy={})
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send"}, SIPHO.user_id: {"Chat2Pay_Capture"}}
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    assert shown(world, page)["actions"] == ["cancel", "replace", "refresh"]
    answer = post(world, world.open(page.order_id, SIPHO), "replace")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")


def test_by_a_key_needs_the_scope_flow_and_writes_to_the_number_in_salesforce(world: World) -> None:
    page = world.open(world.order())
    world.sent(page, phone=OTHER_PHONE)
    reference = world.row("payment_requests")["reference"]
    url, crm = f"/api/payment-requests/{reference}/replace", KeyHolder(world, "flow")
    assert KeyHolder(world, "capture", "read", name="Warehouse").post(url).status_code == 403
    assert fields_of(crm.post(url, {"phone": OTHER_PHONE})) == {"phone"}
    answer = crm.post(url)
    assert (answer.json["outcome"], answer.json["payment_request"]["requested_by"]["name"]) == ("replaced", "CRM")
    assert world.core.sends[1]["endUserMobileNumber"] == "27831234567"


def test_by_a_key_writes_to_another_number_where_the_tenant_lets_it(world: World) -> None:
    world.sent(world.open(world.order()))
    world.tenant(policy={"rights_from": "order_access", "flow_may_give_phone": True})
    url = f"/api/payment-requests/{world.row('payment_requests')['reference']}/replace"
    assert KeyHolder(world, "flow").post(url, {"phone": OTHER_PHONE}).json["outcome"] == "replaced"
    assert world.core.sends[1]["endUserMobileNumber"] == OTHER_PHONE


def test_of_another_order_is_404(world: World, page: Page) -> None:
    assert post(world, world.open(world.order()), "replace").status_code == 404
    assert world.core.cancels == []
