"""Flow and Agentforce: one body in, an outcome with a sentence out, and amounts that are Salesforce's own."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import Schema

from connector.web.flow import flow_response_schemas
from tests.factories import OTHER_PHONE, SIPHO, THANDI, long_id
from tests.journeys.keys import KeyHolder
from tests.journeys.world import SENTENCES, Answer, World, fields_of

OTHER_ORG = long_id("00Dxx0000009999")
VERBS = ("send", "status", "cancel")


@pytest.fixture
def flow(world: World) -> KeyHolder:
    return KeyHolder(world, "flow", name="Reminders")


def told(answer: Answer, shape: Schema) -> tuple[str, str, str | None]:
    assert answer.status_code == 200, answer.text
    assert shape.validate(answer.json) == {}
    return answer.json["outcome"], answer.json["sentence"], answer.json["reference"]


def send(flow: KeyHolder, order_id: str, **body: Any) -> tuple[str, str, str | None]:
    return told(flow.flow("send", order_id=order_id, **body), flow_response_schemas.FLOW_SENT)


def test_sends_what_salesforce_says_to_the_number_that_it_has(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    outcome, sentence, reference = send(flow, order_id)
    assert (outcome, sentence) == ("sent", "Sent by SMS to a number ending 4567.")
    (body,) = world.core.sends
    assert (body["totalAmount"], body["currency"], body["endUserMobileNumber"]) == (115, "ZAR", "27831234567")
    row = world.row("payment_requests")
    assert (row["reference"], row["requested_by_name"], row["channel"]) == (reference, "Reminders", "sms")
    assert row["purpose"] == "full"


def test_is_shown_to_the_agents_by_its_name(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    send(flow, order_id)
    order = world.open(order_id).data["order"]
    assert (order["send_off"]["id"], order["send_off"]["values"]["agent"]) == ("colleague_link", "Reminders")
    world.settle()
    (record,) = world.org.requests.values()
    assert record["Requested_By__c"] == "Reminders"


def test_acts_as_a_colleague_only_where_the_tenant_lets_it(world: World, flow: KeyHolder) -> None:
    order_id = world.order(THANDI, SIPHO)
    outcome, sentence, _ = send(flow, order_id, user_id=SIPHO.user_id)
    assert (outcome, "Leave the user out" in sentence) == ("refused", True)
    reference = send(flow, order_id)[2]
    answer = flow.flow("cancel", reference=reference, user_id=SIPHO.user_id)
    assert told(answer, flow_response_schemas.FLOW_CANCELLED)[0] == "refused"
    assert world.row("payment_requests")["requested_by_name"] == "Reminders"
    assert world.core.cancels == []
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    answer = flow.flow("cancel", reference=reference, user_id=SIPHO.user_id)
    assert told(answer, flow_response_schemas.FLOW_CANCELLED)[0] == "cancelled"


def test_sends_for_a_user_whom_it_names(world: World, flow: KeyHolder) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    assert send(flow, world.order(THANDI, SIPHO), user_id=SIPHO.user_id)[0] == "sent"
    assert world.row("payment_requests")["requested_by_id"] == SIPHO.user_id


def test_is_refused_for_a_user_who_may_not(world: World, flow: KeyHolder) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    world.order(SIPHO)
    outcome, sentence, reference = send(flow, world.order(THANDI), user_id=SIPHO.user_id)
    assert (outcome, reference) == ("refused", None)
    assert sentence == "This user may not do this for this order."


def test_may_give_a_number_where_the_tenant_lets_it(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    assert send(flow, order_id, phone=OTHER_PHONE)[0] == "refused"
    world.tenant(policy={"flow_may_give_phone": True})
    assert send(flow, order_id, phone=OTHER_PHONE, channel="whatsapp")[0] == "sent"
    assert world.core.sends[0]["endUserMobileNumber"] == OTHER_PHONE


def test_without_a_number_in_salesforce_is_refused(world: World, flow: KeyHolder) -> None:
    outcome, sentence, _ = send(flow, world.order(BillToContact=None))
    assert (outcome, sentence) == ("refused", "Salesforce has no usable mobile number for this order.")


@pytest.mark.parametrize("field", ["amount", "currency", "expected_total", "order_number", "customer_agreed"])
def test_takes_no_amount_from_the_caller(world: World, flow: KeyHolder, field: str) -> None:
    answer = flow.flow("send", order_id=world.order(), **{field: "1.00"})
    assert (answer.status_code, fields_of(answer)) == (422, {field})


def test_beside_a_live_link_names_it(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    reference = send(flow, order_id)[2]
    assert send(flow, order_id) == ("another_live", SENTENCES["flow_another_live"], reference)
    assert len(world.core.sends) == 1


def test_with_the_same_key_answers_the_same_though_the_number_changed_or_salesforce_is_away(
    world: World, flow: KeyHolder
) -> None:
    order_id = world.order()
    first = send(flow, order_id, idempotency_key="interview-1")
    world.org.orders[order_id]["BillToContact"]["MobilePhone"] = f"+{OTHER_PHONE}"
    world.org.down = True
    assert send(flow, order_id, idempotency_key="interview-1") == first
    assert len(world.core.sends) == 1


def test_with_the_same_key_answers_the_same_for_a_user_whom_salesforce_cannot_be_asked_about(
    world: World, flow: KeyHolder
) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    order_id = world.order(THANDI, SIPHO)
    first = send(flow, order_id, idempotency_key="interview-1", user_id=SIPHO.user_id)
    world.org.down = True
    assert send(flow, order_id, idempotency_key="interview-1", user_id=SIPHO.user_id[:15]) == first
    assert send(flow, order_id, idempotency_key="interview-2", user_id=SIPHO.user_id)[0] == "try_later"
    assert len(world.core.sends) == 1


@pytest.mark.both_databases
def test_repeated_after_a_try_later_goes_to_the_number_that_salesforce_has_by_now(
    world: World, flow: KeyHolder
) -> None:
    order_id = world.order()
    world.core.down = True
    assert send(flow, order_id, idempotency_key="flow-run-0001")[0] == "try_later"
    world.core.down = False
    world.org.orders[order_id]["BillToContact"]["MobilePhone"] = f"+{OTHER_PHONE}"
    assert send(flow, order_id, idempotency_key="flow-run-0001")[1] == "Sent by SMS to a number ending 4321."
    (link,) = world.core.sends[-1:]
    assert link["endUserMobileNumber"] == OTHER_PHONE
    kept = world.row("payment_requests")
    assert world.services.store.vault.phone("acme", kept["phone"]).digits == OTHER_PHONE


def test_with_the_same_key_for_another_order_is_a_fault_of_the_flow(world: World, flow: KeyHolder) -> None:
    send(flow, world.order(), idempotency_key="interview-1")
    answer = flow.flow("send", order_id=world.order(), idempotency_key="interview-1")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(("named", "status"), [(SIPHO.user_id[:15], 200), (THANDI.user_id, 422), (None, 422)])
def test_with_the_same_key_for_another_user_is_a_fault_of_the_flow(
    world: World, flow: KeyHolder, named: Any, status: int
) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    order_id = world.order(THANDI, SIPHO)
    send(flow, order_id, idempotency_key="interview-1", user_id=SIPHO.user_id)
    answer = flow.flow("send", order_id=order_id, idempotency_key="interview-1", user_id=named)
    assert answer.status_code == status, answer.text
    assert len(world.core.sends) == 1


def test_that_is_not_known_to_have_arrived_is_unknown(world: World, flow: KeyHolder) -> None:
    world.core.drop_answers = True
    assert send(flow, world.order())[:2] == ("unknown", SENTENCES["unknown"])


@pytest.mark.parametrize("switch", ["org down", "org limit", "core down", "limit"])
def test_that_cannot_be_sent_now_says_to_try_later(world: World, flow: KeyHolder, switch: str) -> None:
    order_id = world.order()
    if switch == "limit":
        world.tenant(policy={"sends_per_order_hour": 1})
        world.told(world.core.links[send_link(world, flow, order_id)], "PAYMENT_LINK_EXPIRED")
    peer, _, name = switch.partition(" ")
    if name:
        setattr(getattr(world, peer), name, True)
    outcome, sentence, reference = send(flow, order_id)
    assert (outcome, reference) == ("try_later", None)
    assert sentence
    if switch == "limit":
        assert sentence.endswith("The next one can be sent at 11:42 UTC.")


def send_link(world: World, flow: KeyHolder, order_id: str) -> str:
    send(flow, order_id)
    return str(world.core.last()["paymentLinkRef"])


@pytest.mark.parametrize("why", ["paid", "zero", "core", "disabled"])
def test_that_is_refused_says_why(world: World, flow: KeyHolder, why: str) -> None:
    order_id = world.order(**({"Grand_Total__c": 0} if why == "zero" else {}))
    if why == "paid":
        world.told(world.core.links[send_link(world, flow, order_id)], "PAYMENT_RECEIVED")
    if why == "core":
        world.core.refuse = (422, "VALIDATION_FAILED")
    if why == "disabled":
        world.disable()
    outcome, sentence, _ = send(flow, order_id)
    assert outcome == "refused"
    assert sentence
    assert "internal words" not in sentence


def test_of_an_order_that_is_not_there_is_404(world: World, flow: KeyHolder) -> None:
    answer = flow.flow("send", order_id=long_id("801xx0000099999"))
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


def test_tells_how_a_request_and_an_orders_latest_stand(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    assert told(flow.flow("status", order_id=order_id), flow_response_schemas.FLOW_STATUS) == (
        "not_requested", SENTENCES["flow_not_requested"], None,
    )  # fmt: skip
    reference = send(flow, order_id)[2]
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    for asked in ({"order_id": order_id}, {"reference": reference}):
        answer = flow.flow("status", **asked)
        assert told(answer, flow_response_schemas.FLOW_STATUS) == ("paid", "Paid: R115.00 by SMS.", reference)
        assert (answer.json["amount_paid"], answer.json["currency_code"]) == ("115.00", "ZAR")


def test_tells_how_much_of_a_request_is_paid(world: World, flow: KeyHolder) -> None:
    reference = send(flow, world.order())[2]
    world.told(world.core.last(), "PAYMENT_RECEIVED", capturedAmount=40.00)
    answer = flow.flow("status", reference=reference)
    assert told(answer, flow_response_schemas.FLOW_STATUS) == (
        "part_paid",
        "Part paid: R40.00 of R115.00 by SMS.",
        reference,
    )


def test_calls_a_link_that_only_a_preview_may_have_opened_sent(world: World, flow: KeyHolder) -> None:
    reference = send(flow, world.order())[2]
    world.told(world.core.last(), "PAYMENT_LINK_CLICKED")
    answer = flow.flow("status", reference=reference)
    outcome, sentence, _ = told(answer, flow_response_schemas.FLOW_STATUS)
    assert (outcome, sentence) == ("opened", "Sent: R115.00 by SMS.")


def test_asks_for_one_thing_at_a_time(world: World, flow: KeyHolder) -> None:
    for asked in ({}, {"order_id": world.order(), "reference": "c2p_1"}):
        answer = flow.flow("status", **asked)
        assert (answer.status_code, fields_of(answer)) == (422, {"reference"})


def test_a_variable_that_was_never_set_names_nothing(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    reference = send(flow, order_id)[2]
    for asked in ({"order_id": order_id, "reference": " "}, {"order_id": "", "reference": reference}):
        assert told(flow.flow("status", **asked), flow_response_schemas.FLOW_STATUS)[0] == "sent"


@pytest.mark.parametrize("verb", ["status", "cancel"])
@pytest.mark.parametrize(("length", "status"), [(1, 404), (40, 404), (41, 422)])
def test_a_reference_has_forty_characters_at_most(flow: KeyHolder, verb: str, length: int, status: int) -> None:
    answer = flow.flow(verb, reference="c" * length)
    assert answer.status_code == status
    assert status == 404 or fields_of(answer) == {"reference"}


@pytest.mark.parametrize("shape", ["FLOW_SENT", "FLOW_CANCELLED", "FLOW_STATUS"])
def test_a_flow_can_rely_on_what_became_of_it_the_words_and_the_reference(shape: str) -> None:
    assert set(getattr(flow_response_schemas, shape).validate({})) == {"outcome", "sentence", "reference"}


def test_cancels_with_a_true_answer(world: World, flow: KeyHolder) -> None:
    reference = send(flow, world.order())[2]
    for outcome in ("cancelled", "already_cancelled"):
        assert told(flow.flow("cancel", reference=reference), flow_response_schemas.FLOW_CANCELLED)[::2] == (
            outcome,
            reference,
        )
    assert world.core.cancels == ["link-0001"]
    assert flow.flow("cancel", reference="c2p_unheard_of").status_code == 404


def test_cancels_once_for_a_key_and_says_so_again(world: World, flow: KeyHolder) -> None:
    first, second = send(flow, world.order())[2], send(flow, world.order())[2]
    for _ in range(2):
        answer = flow.flow("cancel", reference=first, idempotency_key="interview-2")
        assert told(answer, flow_response_schemas.FLOW_CANCELLED)[0] == "cancelled"
    other = flow.flow("cancel", reference=second, idempotency_key="interview-2")
    assert (other.status_code, other.json["error"]["code"]) == (422, "idempotency_key_reused")
    assert world.core.cancels == ["link-0001"]


def test_cancels_under_a_key_for_the_user_whom_it_was_first_used_for(world: World, flow: KeyHolder) -> None:
    world.tenant(policy={"rights_from": "order_access", "flow_may_name_user": True})
    reference = send(flow, world.order(THANDI, SIPHO))[2]
    assert reference is not None
    for user, status in ((SIPHO, 200), (THANDI, 422), (SIPHO, 200)):
        named = {"idempotency_key": "interview-2", "user_id": user.user_id}
        assert flow.flow("cancel", reference=reference, **named).status_code == status
    assert world.request(reference).handled_by.user_id == SIPHO.user_id


def test_cancels_an_agents_link_unless_only_own_ones_may_be(world: World, flow: KeyHolder) -> None:
    page = world.open(world.order())
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    world.tenant(policy={"rights_from": "order_access", "only_own_requests": True})
    outcome, _, named = told(flow.flow("cancel", reference=reference), flow_response_schemas.FLOW_CANCELLED)
    assert (outcome, named) == ("refused", reference)
    world.tenant()
    assert told(flow.flow("cancel", reference=reference), flow_response_schemas.FLOW_CANCELLED)[0] == "cancelled"


def test_cancels_for_nobody_while_their_rights_cannot_be_read(world: World, flow: KeyHolder) -> None:
    reference = send(flow, world.order())[2]
    world.tenant(policy={"flow_may_name_user": True})
    world.org.setup_refused = "INSUFFICIENT_ACCESS"
    answer = flow.flow("cancel", reference=reference, user_id=THANDI.user_id)
    assert told(answer, flow_response_schemas.FLOW_CANCELLED)[0] == "try_later"
    assert world.core.cancels == []


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("org_id", ["", "nonsense", OTHER_ORG])
def test_from_another_org_is_refused(world: World, flow: KeyHolder, verb: str, org_id: Any) -> None:
    body = {"org_id": org_id} | ({"order_id": world.order()} if verb != "cancel" else {"reference": "c2p_1"})
    answer = flow.post(f"/flow/{verb}", body)
    expected = (422, "invalid") if org_id == "" else (403, "wrong_org")
    assert (answer.status_code, answer.json["error"]["code"]) == expected
    assert world.core.sends == []
    assert world.org.calls == 0


@pytest.mark.parametrize("verb", VERBS)
def test_without_an_org_is_422(world: World, flow: KeyHolder, verb: str) -> None:
    body = {"order_id": world.order()} if verb != "cancel" else {"reference": "c2p_1"}
    answer = flow.post(f"/flow/{verb}", body)
    assert (answer.status_code, fields_of(answer)) == (422, {"org_id"})


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        ("SMS", "sms"),
        (" sms ", "sms"),
        ("Whatsapp", "whatsapp"),
        pytest.param("WHATSAPP\n", "whatsapp", id="a line's end"),
        ("", "sms"),
        ("  ", "sms"),
        (None, "sms"),
    ],
    ids=repr,
)
def test_takes_a_channel_as_people_write_it_and_chooses_one_where_none_is_said(
    world: World, flow: KeyHolder, said: str | None, channel: str
) -> None:
    assert send(flow, world.order(), channel=said)[0] == "sent"
    assert world.row("payment_requests")["channel"] == channel


def test_without_a_channel_uses_the_only_one_that_there_is(world: World, flow: KeyHolder) -> None:
    offered = {"channels": ["whatsapp"], "currencies": ["ZAR"], "merchant_name": "Acme Shop", "delivery_reports": []}
    world.tenant(configuration=offered)
    assert send(flow, world.order(), channel="")[0] == "sent"
    assert world.row("payment_requests")["channel"] == "whatsapp"


def test_says_so_where_there_is_no_channel_at_all(world: World, flow: KeyHolder) -> None:
    offered = {"channels": [], "currencies": ["ZAR"], "merchant_name": "Acme Shop", "delivery_reports": []}
    world.tenant(configuration=offered)
    assert send(flow, world.order(), channel="")[:2] == (
        "refused",
        SENTENCES["no_channel"].replace("{admin}", "Naledi in IT"),
    )


def test_takes_variables_that_were_never_set_for_left_out(world: World, flow: KeyHolder) -> None:
    body = {"phone": "", "user_id": "", "idempotency_key": " "}
    assert send(flow, world.order(), **body)[0] == "sent"


def test_refuses_a_channel_that_is_none(world: World, flow: KeyHolder) -> None:
    answer = flow.flow("send", order_id=world.order(), channel="pigeon")
    assert (answer.status_code, answer.json["error"]["fields"]) == (422, {"channel": ["Use sms or whatsapp."]})


def test_finds_an_order_by_an_id_that_lost_its_case_and_no_other_by_a_wrong_one(world: World, flow: KeyHolder) -> None:
    order_id = world.order()
    assert send(flow, order_id.upper())[0] == "sent"
    assert world.row("payment_requests")["order_id"] == order_id
    wrong = order_id[:-1] + ("A" if order_id[-1] != "A" else "B")
    answer = flow.flow("send", order_id=wrong)
    assert (answer.status_code, fields_of(answer)) == (422, {"order_id"})


def test_says_that_a_text_may_not_reach_a_landline(world: World, flow: KeyHolder) -> None:
    outcome, sentence, _ = send(flow, world.order(BillToContact={"MobilePhone": "021 123 4567"}))
    assert (outcome, sentence) == ("sent", f"Sent by SMS to a number ending 4567. {SENTENCES['phone_fixed_line']}")
