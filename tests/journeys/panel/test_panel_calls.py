"""Every call of the panel's Apex, in its own shapes, against the connector over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connector.web.callers.bearer import LAUNCH_HEADER
from connector.web.requests import phone_readings
from connector.web.schemas import response_schemas
from tests.factories import OTHER_PHONE, SIPHO, THANDI, long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.panel import apex_source
from tests.journeys.panel.apex_twin import ApexTwin, Reply
from tests.journeys.world import World

KEY, OTHER_ORG = "press-00000001", long_id("00Dxx0000009999")


def send(panel: ApexTwin, order_id: str, key: str = KEY, **command: Any) -> Reply:
    return panel.send(order_id, {"channel": "sms", **command}, key=key)


def reference_of(reply: Reply) -> str:
    assert reply.status == 201, reply.body
    reference: str = reply.body["reference"]
    return reference


def outcome_of(reply: Reply) -> tuple[int, str]:
    """The status and the outcome, of an answer that has every key that Apex reads."""
    assert apex_source.acted_keys() == {"outcome", "sentence", "payment_request"}
    assert apex_source.acted_keys() <= set(reply.body), reply.body
    assert response_schemas.REQUEST.validate(reply.body["payment_request"]) == {}
    return reply.status, reply.body["outcome"]


def test_every_body_of_apex_is_played_here() -> None:
    assert set(apex_source.bodies()) == {
        "Launch", "PhoneReading", "MessagePreview", "Send", "Replace", "Cancel", "Refresh",
        "Capture", "Reversal", "Release",
        "ShowReceipt", "SendReceipt", "CopyLink", "OrderNote"}  # fmt: skip


@pytest.mark.parametrize(("method", "body"), [("toSend", "Send"), ("toReplace", "Replace")])
def test_every_field_of_a_send_is_filled_from_the_command_or_the_order(method: str, body: str) -> None:
    assert set(apex_source.mapped_fields(method)) == set(apex_source.bodies()[body].fields)


def test_opens_the_order_as_the_page_shows_it(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    launch = panel.open(order_id)
    assert launch.value("content") == world.open(order_id).data["order"]
    assert (launch.value("total"), launch.value("money"), launch.value("phone")) == ("115.00", "ZAR", "27831234567")


def test_sends_to_the_orders_own_number_in_the_name_of_the_user(world: World, panel: ApexTwin) -> None:
    sent = send(panel, world.order())
    assert sent.status == 201
    assert response_schemas.REQUEST.validate(sent.body) == {}
    assert sent.body["requested_by"]["id"] == THANDI.user_id
    assert panel.callouts == 2


def test_a_repetition_under_the_same_key_sends_once(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    assert reference_of(send(panel, order_id)) == reference_of(send(panel, order_id))
    assert len(world.core.sends) == 1


def test_sends_to_another_number_that_it_had_read_first(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    reading = panel.act(order_id, "PhoneReading", {"phone": OTHER_PHONE})
    assert (reading.status, reading.body["outcome"]) == (200, "read")
    sent = send(panel, order_id, phone=reading.body["readings"][0]["number"], customerAgreed=True)
    assert (sent.status, sent.body["phone_ending"]) == (201, OTHER_PHONE[-4:])


def test_asks_what_the_customer_would_read(world: World, panel: ApexTwin) -> None:
    for replaces in (True, False):
        wanted = {"channel": "sms", "amount": "40.00", "replaces": replaces}
        asked = panel.act(world.order(), "MessagePreview", wanted)
        assert (asked.status, asked.body) == (200, {"outcome": "not_offered", "preview": None})


def test_writes_the_note_for_the_next_colleague(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    saved = panel.act(order_id, "OrderNote", {"text": "Calls again", "version": 0})
    assert (saved.status, saved.body["outcome"]) == (200, "saved")
    assert panel.open(order_id).value("content")["note"]["text"] == "Calls again"
    card = " ".join(["4111", "1111", "1111", "1111"])
    refused = panel.act(order_id, "OrderNote", {"text": card, "version": 1})
    assert (refused.status, refused.problem["code"]) == (422, "card_number_refused")


@pytest.mark.parametrize("body", ["ShowReceipt", "SendReceipt", "CopyLink"])
def test_takes_into_hand_what_a_core_of_ours_has(world: World, panel: ApexTwin, body: str) -> None:
    order_id = world.order()
    reference = reference_of(send(panel, order_id))
    refused = panel.act(order_id, body, reference=reference)
    assert (refused.status, refused.problem["code"]) == (404, "not_found")


def test_more_than_is_due_is_refused_by_field(world: World, panel: ApexTwin) -> None:
    refused = send(panel, world.order(), amount="115.01")
    assert (refused.status, refused.problem["code"]) == (422, "invalid")
    assert "amount" in refused.problem["fields"]
    assert world.core.sends == []


def test_an_order_that_changed_between_the_two_calls_sends_nothing(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    launch = panel.open(order_id)
    world.org.change(order_id, TotalAmount=90.0, Grand_Total__c=90.0, Sub_Total__c=75.0)
    assert panel.open(order_id).seen != launch.seen
    panel.given = launch
    refused = send(panel, order_id)
    assert (refused.status, refused.problem["code"]) == (409, "order_changed")
    assert world.core.sends == []


def test_a_second_link_is_refused_with_the_reference_of_the_live_one(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    live = reference_of(send(panel, order_id))
    refused = send(panel, order_id, key="press-00000002")
    assert (refused.status, refused.problem["code"], refused.problem["reference"]) == (409, "another_live", live)


def test_replaces_refreshes_and_cancels(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    old = reference_of(send(panel, order_id))
    replaced = panel.send(order_id, {}, reference=old, key="press-00000002")
    assert outcome_of(replaced) == (200, "replaced")
    new = replaced.body["payment_request"]["reference"]
    assert new != old
    assert outcome_of(panel.act(order_id, "Refresh", reference=new)) == (200, "fresh")
    assert outcome_of(panel.act(order_id, "Cancel", reference=new, key="press-00000003")) == (200, "cancelled")


def test_captures_a_part_and_gives_it_back(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    reference = reference_of(send(panel, order_id))
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    taken = panel.act(order_id, "Capture", {"amount": "40.00"}, reference=reference, key="press-00000002")
    assert outcome_of(taken) == (200, "captured")
    assert taken.body["payment_request"]["amount_paid"] == "40.00"
    assert outcome_of(panel.act(order_id, "Reversal", reference=reference, key="press-00000003")) == (200, "reversed")


def test_an_unknown_send_is_202_and_a_supervisor_releases_it(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    world.core.drop_answers = True
    sent = send(panel, order_id)
    assert (sent.status, sent.body["status"]) == (202, "unknown")
    world.core.drop_answers, world.core.mute = False, True
    released = panel.act(order_id, "Release", {"reason": "The core is down"}, reference=sent.body["reference"])
    assert outcome_of(released) == (200, "released")


def test_sees_a_colleagues_request_after_its_own_check_of_the_order(
    world: World, panel: ApexTwin, panel_of: Callable[..., ApexTwin]
) -> None:
    order_id = world.order(THANDI, SIPHO)
    reference = reference_of(send(panel, order_id))
    (shown,) = panel_of(SIPHO.user_id).open(order_id).value("content")["payment_requests"]
    assert (shown["reference"], shown["requested_by"]["id"]) == (reference, THANDI.user_id)


# What is refused


def test_another_org_is_refused_before_salesforce_is_asked(world: World, panel_of: Callable[..., ApexTwin]) -> None:
    refused = panel_of(org_id=OTHER_ORG).opened(world.order())
    assert (refused.status, refused.problem["code"]) == (403, "wrong_org")
    assert refused.problem["message"]
    assert world.org.calls == 0


def test_a_user_who_may_not_see_the_order_finds_nothing(world: World, panel_of: Callable[..., ApexTwin]) -> None:
    refused = panel_of(SIPHO.user_id).opened(world.order())
    assert (refused.status, refused.problem["code"]) == (404, "not_found")


def test_a_user_without_the_right_takes_no_money(
    world: World, panel: ApexTwin, panel_of: Callable[..., ApexTwin]
) -> None:
    order_id = world.order(THANDI, SIPHO)
    reference = reference_of(send(panel, order_id))
    world.told(world.core.last(), "PAYMENT_AUTHORIZED")
    refused = panel_of(SIPHO.user_id).act(order_id, "Capture", reference=reference)
    assert (refused.status, refused.problem["code"]) == (403, "no_right")
    assert world.core.captures == []


@pytest.mark.parametrize("scope", ["flow", "read", "capture", "supervise"])
def test_a_key_of_another_scope_opens_nothing(world: World, panel_of: Callable[..., ApexTwin], scope: str) -> None:
    refused = panel_of(key=KeyHolder(world, scope, name="flows").text).opened(world.order())
    assert (refused.status, refused.problem["code"]) == (403, "forbidden")


@pytest.mark.parametrize("scope", ["flow", "capture"])
def test_a_flows_key_does_nothing_with_a_colleagues_token(
    world: World, panel: ApexTwin, panel_of: Callable[..., ApexTwin], scope: str
) -> None:
    order_id = world.order()
    launch = panel.open(order_id)
    other = panel_of(key=KeyHolder(world, scope, name="flows").text)
    other.given = launch
    assert (send(other, order_id).status, world.core.sends) == (403, [])


def test_an_unknown_key_beside_a_good_token_is_refused(
    world: World, panel: ApexTwin, panel_of: Callable[..., ApexTwin]
) -> None:
    order_id = world.order()
    launch = panel.open(order_id)
    stranger = panel_of(key="c2p_api_nobody")
    stranger.given = launch
    assert (send(stranger, order_id).status, world.core.sends) == (401, [])


def test_a_token_of_another_order_reaches_no_request_of_this_one(world: World, panel: ApexTwin) -> None:
    reference = reference_of(send(panel, world.order()))
    refused = panel.act(world.order(), "Cancel", reference=reference)
    assert (refused.status, refused.problem["code"]) == (404, "not_found")


def test_another_tenants_key_does_nothing_with_a_token_of_this_one(
    world: World, panel: ApexTwin, panel_of: Callable[..., ApexTwin]
) -> None:
    order_id, host = world.order(), "https://globex.my.salesforce.com"
    launch = panel.open(order_id)
    globex = world.tenant(
        tenant_id="globex",
        org_id=OTHER_ORG,
        callback_key="callback-key-of-globex",
        salesforce={"host_url": host, "client_id": "client", "frame_origins": [host]},
    )
    rival = panel_of(org_id=OTHER_ORG, key=KeyHolder(world, "apex", tenant=globex).text)
    rival.given = launch
    assert (send(rival, order_id).status, world.core.sends) == (401, [])


def test_key_and_token_also_look_at_the_order_and_the_request(world: World, panel: ApexTwin) -> None:
    order_id = world.order()
    reference = reference_of(send(panel, order_id))
    beside = {"Authorization": f"Bearer {panel.key}", LAUNCH_HEADER: panel.open(order_id).value("token")}
    for path in (f"/api/orders/{order_id}", f"/api/payment-requests/{reference}"):
        assert world.client.get(path, headers=beside).status_code == 200
        assert world.client.get(path, headers=beside | {"Authorization": "Bearer c2p_api_nobody"}).status_code == 401


def test_the_panel_never_looks_at_too_many_numbers_of_one_launch(
    world: World, panel: ApexTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is one of a launch, and each press of the panel has its own: it needs no sentence for it."""
    monkeypatch.setattr(phone_readings, "MOST", 1)
    order_id = world.order()
    numbers = [{"phone": number} for number in (OTHER_PHONE, "0821234567")]
    assert [panel.act(order_id, "PhoneReading", one).status for one in numbers] == [200, 200]
    panel.given = panel.open(order_id)
    assert [panel.act(order_id, "PhoneReading", one).status for one in numbers] == [200, 429]
