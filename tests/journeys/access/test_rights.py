"""Rights: read from custom permissions at launch, kept in the token, read again with access; never given by a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector import metrics
from tests.factories import SIPHO, THANDI
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, Clock, Page, World

ALL = {"Chat2Pay_Send", "Chat2Pay_Capture", "Chat2Pay_Reverse", "Chat2Pay_Supervise"}


@pytest.fixture
def world(world: World) -> World:
    world.tenant(policy={})  # the default: custom permissions
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Send"}, SIPHO.user_id: ALL - {"Chat2Pay_Send"}}
    return world


def renew(world: World, page: Page) -> int:
    answer = world.client.post("/api/launches/renew", headers=page.headers)
    if answer.status_code == 200:
        page.token = answer.json["launch_token"]
    return answer.status_code


def actions(world: World, page: Page) -> list[str]:
    told: list[str] = world.look(page)["payment_requests"][0]["actions"]
    return told


def filled(sentence: str) -> str:
    return SENTENCES[sentence].replace("{admin}", "Naledi in IT").replace("{permission}", "Send payment requests")


def test_are_read_in_one_call_as_the_integration_user_beside_the_agents_own_reading(world: World) -> None:
    world.open(world.order())
    assert [token for token, _ in world.org.queries] == [THANDI.token, *["integration-1"] * 3]
    assert world.org.calls == 4, "the login, which country fields there are, the order, all three queries together"


def test_let_who_may_send_send_and_cancel(world: World) -> None:
    page = world.open(world.order())
    assert page.data["order"]["can_send"] is True
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    assert "cancel" in world.look(page)["payment_requests"][0]["actions"]
    assert world.cancel(page, reference).json["outcome"] == "cancelled"


def test_of_somebody_without_send_leave_the_status_and_a_sentence_that_names_who_can_grant_it(world: World) -> None:
    order_id = world.order(THANDI, SIPHO)
    world.sent(world.open(order_id))
    page = world.open(order_id, SIPHO)
    order, reference = page.data["order"], world.row("payment_requests")["reference"]
    assert (order["can_send"], order["send_off"]["id"]) == (False, "no_right")
    assert order["send_off"]["values"] == {"admin": "Naledi in IT", "permission": "Send payment requests"}
    assert order["payment_requests"][0]["actions"] == ["refresh"]
    for answer in (world.send(page), world.cancel(page, reference)):
        assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_right")
        assert answer.json["error"]["message"] == filled("no_right")
    assert world.core.cancels == []
    refreshed = world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    assert (refreshed.status_code, refreshed.json["outcome"]) == (200, "fresh")


def test_of_somebody_who_may_not_edit_the_order_leave_a_colleagues_link_alone_and_say_why(world: World) -> None:
    order_id = world.order(THANDI, SIPHO)
    world.sent(world.open(order_id))
    world.org.permissions[SIPHO.user_id] = {"Chat2Pay_Send"}
    reference = world.row("payment_requests")["reference"]
    editor = world.open(order_id, SIPHO)
    assert {"cancel", "replace"} <= set(actions(world, editor))
    world.org.only_look = {SIPHO.user_id}
    page = world.open(order_id, SIPHO)
    shown = world.look(page)["payment_requests"][0]
    assert shown["actions"] == ["refresh"]
    why = {"id": "no_edit", "values": {"agent": THANDI.name, "admin": "Naledi in IT"}}
    assert shown["withheld"] == [{"action": "cancel", "sentence": why}, {"action": "replace", "sentence": why}]
    # What is not offered would be refused for the same reason.
    assert (
        world.cancel(page, reference)
        .json["error"]["message"]
        .startswith(f"{THANDI.name} sent this link. Only who may edit")
    )


def test_of_others_are_named_where_the_link_could_be_closed_and_not_after_its_end(world: World) -> None:
    order_id = world.order(THANDI, SIPHO)
    first = world.open(order_id)
    world.sent(first)
    page = world.open(order_id, SIPHO)
    withheld = world.look(page)["payment_requests"][0]["withheld"]
    assert [(one["action"], one["sentence"]["id"]) for one in withheld] == [
        ("cancel", "no_right"),
        ("replace", "no_right"),
    ]
    world.cancel(first, world.row("payment_requests")["reference"])
    assert world.look(page)["payment_requests"][0]["withheld"] == []


def test_come_from_no_permission_of_another_name(world: World) -> None:
    world.org.permissions = {THANDI.user_id: {"Chat2Pay_Sender", "Chat3Pay_Send"}, SIPHO.user_id: {"Chat2Pay_Send"}}
    assert world.open(world.order()).data["order"]["can_send"] is False


@pytest.mark.parametrize("code", ["INSUFFICIENT_ACCESS", "INVALID_TYPE", "UNKNOWN_EXCEPTION"])
def test_that_cannot_be_read_open_a_page_to_look_at_and_are_told_loudly(
    world: World, lines: list[Any], code: str
) -> None:
    before = metrics.registry.counts(metrics.RIGHTS_NOT_READ)[()]
    world.org.setup_refused = code
    page = world.open(world.order())
    order = page.data["order"]
    assert (order["can_send"], order["send_off"]["id"]) == (False, "rights_unread")
    answer = world.send(page)
    assert (answer.status_code, answer.json["error"]["message"]) == (403, filled("rights_unread"))
    assert world.core.sends == []
    (line,) = [one for one in lines if one["event"] == "rights_not_read"]
    assert (line["log_level"], line["reason"], line["user"]) == ("error", code, THANDI.user_id)
    assert metrics.registry.counts(metrics.RIGHTS_NOT_READ)[()] == before + 1


def test_that_could_not_be_read_are_read_at_the_next_renewal_already(world: World, clock: Clock) -> None:
    world.org.setup_refused = "UNKNOWN_EXCEPTION"
    page = world.open(world.order())
    seen = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers)
    world.org.setup_refused = None
    clock.pass_by(minutes=10)
    assert renew(world, page) == 200
    again = world.client.get(
        f"/api/orders/{page.order_id}", headers={**page.headers, "If-None-Match": seen.headers["ETag"]}
    )
    assert (again.status_code, again.json["can_send"]) == (200, True)


def by_apex(world: World, order_id: str) -> Page:
    answer = KeyHolder(world, "apex").launch(order_id).json
    return Page(answer, answer["launch_token"], order_id)


@pytest.mark.parametrize("open_page", [World.open, by_apex], ids=["a launch in Canvas", "a launch by Apex"])
@pytest.mark.parametrize(
    ("only_look", "unread", "sentence"),
    [(False, False, "no_right"), (True, False, "order_read_only_no_right"), (False, True, "rights_unread")],
    ids=["the permission", "edit access, too", "nobody knows what"],
)
def test_that_are_missing_are_told_by_an_open_page_as_by_its_launch_and_its_renewal(
    world: World,
    clock: Clock,
    open_page: Callable[[World, str], Page],
    *,
    only_look: bool,
    unread: bool,
    sentence: str,
) -> None:
    world.org.permissions = {}
    world.org.only_look = {THANDI.user_id} if only_look else set()
    world.org.setup_refused = "UNKNOWN_EXCEPTION" if unread else None
    page = open_page(world, world.order())
    told = page.data["order"]["send_off"]
    assert (told["id"], world.look(page)["send_off"]) == (sentence, told)
    clock.pass_by(minutes=15)
    assert (renew(world, page), world.look(page)["send_off"]) == (200, told)


def test_that_were_taken_away_are_gone_when_access_is_checked_again(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.org.permissions = {}
    clock.pass_by(minutes=10)
    renew(world, page)
    assert world.look(page)["can_send"] is True
    clock.pass_by(minutes=6)
    renew(world, page)
    assert world.look(page)["send_off"]["id"] == "no_right"
    assert world.send(page).status_code == 403


def test_that_cannot_be_read_again_are_none(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.org.setup_refused = "INSUFFICIENT_ACCESS"
    clock.pass_by(minutes=15)
    assert renew(world, page) == 200
    assert world.look(page)["send_off"]["id"] == "rights_unread"


def test_stay_while_salesforce_cannot_be_asked_for_the_order_either(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    world.org.down = True
    clock.pass_by(minutes=15)
    assert renew(world, page) == 200
    world.org.down = False
    assert world.look(page)["can_send"] is True


def test_of_a_colleague_are_enough_to_cancel_where_they_may_edit_the_order(world: World) -> None:
    world.org.permissions[SIPHO.user_id] = {"Chat2Pay_Send"}
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    told = world.cancel(world.open(page.order_id, SIPHO), reference).json
    assert (told["outcome"], told["payment_request"]["handled_by"]) == (
        "cancelled",
        {"id": SIPHO.user_id, "name": "Sipho"},
    )
    assert told["payment_request"]["requested_by"] == {"id": THANDI.user_id, "name": "Thandi"}


def test_of_a_colleague_who_may_only_look_at_the_order_do_not_close_a_link(world: World) -> None:
    world.org.permissions[SIPHO.user_id] = {"Chat2Pay_Send"}
    world.org.only_look = {SIPHO.user_id, THANDI.user_id}
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    answer = world.cancel(world.open(page.order_id, SIPHO), reference)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")
    assert answer.json["error"]["message"].startswith("Thandi sent this link. Only who may edit this order")
    assert world.cancel(page, reference).json["outcome"] == "cancelled", "one's own needs no question"


def test_to_a_colleagues_link_end_where_the_admin_says_so(world: World) -> None:
    world.tenant(policy={"only_own_requests": True, "rights_from": "order_access"})
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    answer = world.cancel(world.open(page.order_id, SIPHO), reference)
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_yours")
    assert answer.json["error"]["message"] == SENTENCES["not_yours"].replace("{agent}", "Thandi").replace(
        "{admin}", "Naledi in IT"
    )
    assert world.core.cancels == []
    assert world.cancel(page, reference).json["outcome"] == "cancelled"


def test_show_no_button_on_a_colleagues_link_where_the_admin_says_so(world: World) -> None:
    order_id = world.order(THANDI, SIPHO)
    world.org.permissions[SIPHO.user_id] = {"Chat2Pay_Send"}
    page = world.open(order_id)
    world.sent(page)
    colleague = world.open(order_id, SIPHO)
    etag = world.client.get(f"/api/orders/{order_id}", headers=colleague.headers).headers["ETag"]
    assert actions(world, colleague) == ["cancel", "replace", "refresh"]
    world.tenant(policy={"only_own_requests": True})
    seen = world.client.get(f"/api/orders/{order_id}", headers={**colleague.headers, "If-None-Match": etag})
    assert (seen.status_code, seen.json["payment_requests"][0]["actions"]) == (200, ["refresh"])
    assert world.open(order_id, SIPHO).data["order"]["payment_requests"][0]["actions"] == ["refresh"]
    assert actions(world, page) == ["cancel", "replace", "refresh"]


def test_of_a_key_end_at_what_others_sent_where_the_admin_says_so(world: World) -> None:
    page = world.open(world.order())
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    world.tenant(policy={"only_own_requests": True})
    key = KeyHolder(world, "read", "flow")
    assert key.get(f"/api/payment-requests/{reference}").json["actions"] == ["refresh"]
    answer = key.post(f"/api/payment-requests/{reference}/cancel")
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_yours")


@pytest.mark.parametrize(
    ("scopes", "told", "offered"),
    [
        (["read"], None, ["refresh"]),
        (["read", "flow"], None, ["cancel", "replace", "refresh"]),
        (["read", "capture"], None, ["refresh"]),
        (["read", "flow"], "PAYMENT_AUTHORIZED", ["refresh"]),
        (["read", "capture"], "PAYMENT_AUTHORIZED", ["capture", "reverse", "refresh"]),
        (["read", "supervise"], "PAYMENT_AUTHORIZED", ["refresh"]),
    ],
)
def test_of_a_key_are_what_its_scopes_say(
    world: World, scopes: list[str], told: str | None, offered: list[str]
) -> None:
    link = world.sent(world.open(world.order()))
    if told:
        world.told(link, told)
    reference = world.row("payment_requests")["reference"]
    assert KeyHolder(world, *scopes).get(f"/api/payment-requests/{reference}").json["actions"] == offered


def test_follow_an_admin_who_allows_parts_while_the_page_is_open(world: World) -> None:
    page = world.open(world.order())
    etag = world.client.get(f"/api/orders/{page.order_id}", headers=page.headers).headers["ETag"]
    world.tenant(parts_allowed=True)
    seen = world.client.get(f"/api/orders/{page.order_id}", headers={**page.headers, "If-None-Match": etag})
    assert (seen.status_code, seen.json["limits"]["parts"]) == (200, True)


def test_to_a_colleagues_link_cannot_be_asked_for_while_salesforce_is_away(world: World) -> None:
    world.org.permissions[SIPHO.user_id] = {"Chat2Pay_Send"}
    page = world.open(world.order(THANDI, SIPHO))
    world.sent(page)
    colleague, reference = world.open(page.order_id, SIPHO), world.row("payment_requests")["reference"]
    world.org.down = True
    assert world.cancel(colleague, reference).status_code == 503
    assert world.core.cancels == []
    assert world.cancel(page, reference).json["outcome"] == "cancelled"
