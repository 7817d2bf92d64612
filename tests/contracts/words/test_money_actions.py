"""Whoever looks at a payment: what is offered for its money, and the sentence that says why not, for every kind of obstacle."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.order import OrderProblem
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Message, Money, States
from connector.domain.tenants.rights import UNREAD, Right, Rights
from connector.domain.tenants.tenant import Tenant
from connector.journeys.amending.capture_payment import Captured, CaptureOutcome
from connector.journeys.amending.reverse_payment import Reversed, ReverseOutcome
from connector.salesforce.orders.order_record import NOT_IN_ORG
from connector.store.orders.orders import StoredOrder
from connector.web.schemas.allowed_actions import Viewer, actions_view
from connector.web.wording.money_messages import capture_answer, money_off, reverse_answer
from connector.web.wording.sentences import fill
from tests.factories import make_tenant
from tests.unit.examples import NOW, THANDI, make_order, make_request

ALL, NONE = Rights(frozenset(Right)), Rights()
HELD = make_request(
    states=States(link=Link.OPENED, money=Money.AUTHORIZED), authorized=Decimal(115), link_reference="link-1"
)
LESS = replace(HELD, authorized=Decimal("0.50"))
PAID = replace(HELD, states=States(link=Link.OPENED, money=Money.PAID), captured=Decimal(115))
SENT = make_request(states=States(message=Message.SENT, link=Link.SENT), live=True, link_reference="link-1")
VENDORS, OWN = "https://chat2pay-service.clickatell.com", "https://pay.acme.example"
GONE = StoredOrder(make_order(), 1, 1, unread_because=NOT_IN_ORG)
UNPAYABLE = StoredOrder(make_order(problems=(OrderProblem("Status", "order_cancelled", {}),)), 1, 1)


def tenant(core: str = VENDORS, **changes: Any) -> Tenant:
    made = make_tenant(**changes)
    return replace(made, core=replace(made.core, base_url=core))


def past(*kinds: EventKind) -> list[RequestEvent]:
    return [RequestEvent(kind, occurred_at=NOW, recorded_at=NOW) for kind in kinds]


BEGUN, UNANSWERED = EventKind.CAPTURE_BEGUN, EventKind.CAPTURE_UNANSWERED


@pytest.mark.parametrize(
    ("request_", "events", "rights", "more", "why_not"),
    [
        pytest.param(SENT, [], NONE, {}, [], id="no money"),
        pytest.param(replace(PAID, reversed=Decimal(115)), [], NONE, {}, [], id="all given back"),
        pytest.param(replace(HELD, link_reference=None), [], NONE, {}, [], id="no link"),
        pytest.param(HELD, [], ALL, {}, [], id="held"),
        pytest.param(HELD, [], NONE, {}, ["no_right_capture", "no_right_reverse"], id="held, no rights"),
        pytest.param(PAID, [], NONE, {}, ["no_right_reverse"], id="paid, no rights"),
        pytest.param(replace(PAID, captured=Decimal("0.50")), [], NONE, {}, ["no_right_reverse"], id="less than one paid"),
        pytest.param(LESS, [], ALL, {"tenant": tenant(disabled=True)},
                     ["capture_disabled"], id="less than one held"),
        pytest.param(HELD, [], UNREAD, {}, ["rights_unread"], id="rights that could not be read"),
        pytest.param(HELD, [], NONE.to_look(), {}, ["order_read_only_no_right"] * 2, id="nor may edit the order"),
        pytest.param(HELD, [], ALL, {"tenant": tenant(disabled=True)}, ["capture_disabled"], id="switched off"),
        pytest.param(PAID, [], ALL, {"tenant": tenant(disabled=True)}, [], id="paid, and switched off"),
        pytest.param(HELD, [], ALL, {"stored": GONE}, ["capture_off_order_gone"], id="an order that is gone"),
        pytest.param(LESS, [], ALL, {"stored": GONE}, ["capture_off_order_gone"], id="less than one, of one that is gone"),
        pytest.param(LESS, [], NONE, {}, ["no_right_capture", "no_right_reverse"], id="less than one, no rights"),
        pytest.param(HELD, [], ALL, {"stored": None}, [], id="an order that was never read"),
        pytest.param(HELD, [], ALL, {"stored": UNPAYABLE}, ["capture_off_not_payable"], id="no money may be taken for it"),
        pytest.param(PAID, [], ALL, {"stored": GONE}, [], id="paid, and gone"),
        pytest.param(
            replace(PAID, settled=True), [], ALL, {}, ["reverse_too_late_refund_at_gateway"], id="settled"
        ),
        pytest.param(replace(PAID, settled=True), [], NONE, {}, ["no_right_reverse"], id="settled, no rights"),
        pytest.param(HELD, past(BEGUN), NONE, {}, ["capture_under_way"], id="being taken"),
        pytest.param(HELD, past(BEGUN, UNANSWERED), NONE, {}, ["capture_unknown"], id="perhaps taken"),
        pytest.param(PAID, past(BEGUN, UNANSWERED), ALL, {}, [], id="taken, as the core says since"),
        pytest.param(PAID, past(EventKind.REVERSE_BEGUN), NONE, {}, ["reverse_under_way"], id="being given back"),
        pytest.param(PAID, past(EventKind.REVERSE_UNANSWERED), ALL, {}, ["reverse_unknown"], id="perhaps given back"),
    ],
)  # fmt: skip
def test_why_the_money_of_a_payment_cannot_be_moved_now(
    request_: PaymentRequest, events: list[RequestEvent], rights: Rights, more: dict[str, Any], why_not: list[str]
) -> None:
    given = {"tenant": tenant(), "stored": StoredOrder(make_order(), 1, 1), **more}
    assert [one.id for one in money_off(request_, events, rights=rights, **given)] == why_not


PREVIEWED = replace(SENT, states=replace(SENT.states, link=Link.OPENED), sent_at=NOW, opened_at=NOW)
RECEIPT = replace(PAID, receipt_reference="receipt-1")
COPIES = tenant(OWN, policy={"copy_links": True})
UNKNOWN = make_request(states=States(link=Link.UNKNOWN), live=True)


@pytest.mark.parametrize(
    ("request_", "more", "offered"),
    [
        pytest.param(SENT, {}, ["cancel", "replace", "refresh"], id="sent"),
        pytest.param(SENT, {"tenant": tenant(disabled=True)}, ["cancel", "refresh"], id="sent, and switched off"),
        pytest.param(SENT, {"takes_money": False}, ["cancel", "refresh"], id="sent, and the order takes no money"),
        pytest.param(PREVIEWED, {}, ["cancel", "replace", "refresh"], id="fetched for a preview"),
        pytest.param(replace(PREVIEWED, sent_at=None), {}, ["refresh"], id="opened"),
        pytest.param(replace(SENT, charging=True), {}, ["refresh"], id="a card is being charged"),
        pytest.param(HELD, {}, ["capture", "reverse", "refresh"], id="held"),
        pytest.param(LESS, {}, ["capture", "reverse", "refresh"], id="less than one held"),
        pytest.param(HELD, {"takes_money": False}, ["reverse", "refresh"], id="held, and the order takes no money"),
        pytest.param(HELD, {"tenant": tenant(disabled=True)}, ["reverse", "refresh"], id="held, and switched off"),
        pytest.param(HELD, {"events": past(BEGUN)}, ["refresh"], id="being taken"),
        pytest.param(replace(HELD, link_reference=None), {}, ["refresh"], id="held, without a link"),
        pytest.param(PAID, {}, ["reverse", "refresh"], id="paid"),
        pytest.param(replace(PAID, settled=True), {}, ["refresh"], id="settled"),
        pytest.param(replace(PAID, reversed=Decimal(115)), {}, ["refresh"], id="given back"),
        pytest.param(UNKNOWN, {}, ["refresh", "release"], id="nobody knows whether it was sent"),
        pytest.param(replace(UNKNOWN, live=False), {}, ["refresh"], id="released"),
        pytest.param(
            RECEIPT, {"tenant": tenant(OWN)}, ["reverse", "refresh", "show_receipt", "send_receipt"], id="a receipt"
        ),
        pytest.param(
            replace(RECEIPT, captured=Decimal("0.50")), {"tenant": tenant(OWN)},
            ["reverse", "refresh", "show_receipt", "send_receipt"], id="a receipt of less than one",
        ),
        pytest.param(
            replace(RECEIPT, link_reference=None), {"tenant": tenant(OWN)}, ["refresh"], id="a receipt of no link that we know"
        ),
        pytest.param(
            SENT, {"tenant": tenant(OWN, policy={"copy_links": True}, disabled=True)}, ["cancel", "refresh"],
            id="a link to copy, and switched off",
        ),
        pytest.param(RECEIPT, {}, ["reverse", "refresh"], id="a receipt that the vendor's core shows to nobody"),
        pytest.param(
            replace(RECEIPT, reversed=Decimal(115)), {"tenant": tenant(OWN)}, ["refresh", "show_receipt"],
            id="a receipt of what was given back",
        ),
        pytest.param(
            replace(RECEIPT, do_not_ship=True), {"tenant": tenant(OWN)}, ["reverse", "refresh", "show_receipt"],
            id="a receipt of what may not be promised",
        ),
        pytest.param(
            RECEIPT, {"tenant": tenant(OWN, disabled=True)}, ["reverse", "refresh", "show_receipt"],
            id="a receipt, and switched off",
        ),
        pytest.param(SENT, {"tenant": COPIES}, ["cancel", "replace", "refresh", "copy_link"], id="a link to copy"),
        pytest.param(SENT, {"tenant": tenant(OWN)}, ["cancel", "replace", "refresh"], id="a link that nobody may copy"),
        pytest.param(
            replace(SENT, end_reported_at=NOW), {"tenant": COPIES}, ["cancel", "replace", "refresh"],
            id="a link that has ended, perhaps",
        ),
        pytest.param(
            SENT, {"tenant": COPIES, "takes_money": False}, ["cancel", "refresh"],
            id="a link to copy, and the order takes no money",
        ),
    ],
)  # fmt: skip
def test_what_somebody_with_all_rights_is_offered(
    request_: PaymentRequest, more: dict[str, Any], offered: list[str]
) -> None:
    viewer = Viewer(more.get("tenant", tenant()), THANDI.user_id, ALL)
    takes_money = more.get("takes_money", True)
    told = actions_view(request_, more.get("events", []), viewer, takes_money=takes_money)
    assert told == {"actions": offered, "withheld": []}


COLLEAGUES = replace(SENT, requested_by=Person("005xx000001X8VbAAK", "Sipho"))
OWN_ONLY = tenant(policy={"only_own_requests": True})


@pytest.mark.parametrize(
    ("request_", "viewer", "offered", "withheld"),
    [
        pytest.param(SENT, (tenant(), NONE), ["refresh"], ["no_right"] * 2, id="no right to send"),
        pytest.param(SENT, (tenant(), UNREAD), ["refresh"], ["rights_unread"] * 2, id="rights that could not be read"),
        pytest.param(
            UNKNOWN, (tenant(), NONE.to_look()), ["refresh"], ["no_right_supervise"],
            id="nobody knows, of an order that cannot be edited",
        ),
        pytest.param(COLLEAGUES, (OWN_ONLY, ALL), ["refresh"], ["not_yours"] * 2, id="a colleague's"),
        pytest.param(COLLEAGUES, (tenant(), ALL), ["cancel", "replace", "refresh"], [], id="a colleague's, as allowed"),
        pytest.param(
            replace(UNKNOWN, requested_by=COLLEAGUES.requested_by), (OWN_ONLY, replace(ALL, read_only=True)),
            ["refresh", "release"], [], id="a supervisor, of a colleague's in an order that cannot be edited",
        ),
        pytest.param(SENT, (OWN_ONLY, ALL), ["cancel", "replace", "refresh"], [], id="one's own"),
        pytest.param(
            COLLEAGUES, (tenant(), replace(ALL, read_only=True)), ["refresh"], ["no_edit"] * 2,
            id="a colleague's, of an order that cannot be edited",
        ),
        pytest.param(
            SENT, (tenant(), replace(ALL, read_only=True)), ["cancel", "replace", "refresh"], [],
            id="one's own, of an order that cannot be edited",
        ),
        pytest.param(
            replace(HELD, requested_by=COLLEAGUES.requested_by), (OWN_ONLY, ALL),
            ["capture", "reverse", "refresh"], [], id="a colleague's money",
        ),
        pytest.param(HELD, (tenant(), NONE), ["refresh"], ["no_right_capture", "no_right_reverse"], id="held"),
        pytest.param(UNKNOWN, (tenant(), NONE), ["refresh"], ["no_right_supervise"], id="nobody knows"),
        pytest.param(
            replace(RECEIPT, requested_by=COLLEAGUES.requested_by), (tenant(OWN), NONE), ["refresh", "show_receipt"],
            ["no_right_reverse"], id="of a receipt nobody is told who could send it",
        ),
    ],
)  # fmt: skip
def test_what_only_others_may_do_is_named_with_who_can_change_that(
    request_: PaymentRequest, viewer: tuple[Tenant, Rights], offered: list[str], withheld: list[str]
) -> None:
    told = actions_view(request_, [], Viewer(viewer[0], THANDI.user_id, viewer[1]), takes_money=True)
    assert told["actions"] == offered
    assert [one["sentence"]["id"] for one in told["withheld"]] == withheld


def test_an_api_key_is_told_nothing_of_permissions_in_salesforce() -> None:
    told = actions_view(SENT, [], Viewer(tenant(), "key_0a1b2c", NONE), takes_money=True)
    assert told == {"actions": ["refresh"], "withheld": []}


HELD_BY_STATUS = OrderProblem("Status", "order_not_payable_status", {"field": "Order Status", "value": "On hold"})
LESS_DUE = {"most": Decimal("40.00")}


@pytest.mark.parametrize(
    ("outcome", "request_", "more", "told"),
    [
        ("captured", PAID, {}, "Taken: R115.00."),
        ("captured", replace(PAID, captured=Decimal("40.00")), {}, "Taken: R40.00."),
        ("captured", HELD, {}, "Taken: R115.00."),
        ("captured", replace(HELD, authorized=Decimal("90.00")), {}, "Taken: R90.00."),
        ("already_captured", PAID, {}, "This money was taken already. Nothing was taken now."),
        ("refused", replace(HELD, authorized=Decimal(0)), {},
         "No money is held on this payment, so nothing was taken."),
        ("refused", LESS, {},
         "The payment core did not take the money. Look at the status; if it stays, ask Naledi in IT."),
        ("amount_too_high", HELD, {}, "Only R115.00 is held, so nothing was taken. Ask for less."),
        ("amount_too_high", replace(HELD, reversed=Decimal("25.00")), {},
         "Only R90.00 is held, so nothing was taken. Ask for less."),
        ("amount_too_high", HELD, LESS_DUE, "No more than R40.00 is to be taken for this order, so nothing was taken. "
         "Ask for R40.00 at most."),
        ("amount_too_high", HELD, {"most": Decimal("0.50")}, "No more than R0.50 is to be taken for this order, so nothing "
         "was taken. Ask for R0.50 at most."),
        ("amount_too_high", HELD, {"most": Decimal(0)}, "Nothing more is to be taken for this order, so nothing was taken. "
         "The held R115.00 can be released."),
        ("not_payable", HELD, {}, "This order cannot be paid as it is in Salesforce, so nothing was taken. Release the held "
         "R115.00, or have the order corrected there."),
        ("not_payable", HELD, {"bar": OrderProblem("Total", "total_missing", {})}, "This order cannot be paid as it is in "
         "Salesforce, so nothing was taken. Release the held R115.00, or have the order corrected there."),
        ("not_payable", HELD, {"bar": HELD_BY_STATUS}, "Order Status of this order is On hold, so nothing was taken. "
         "Release the held R115.00, or have the order made payable again in Salesforce."),
        ("expired", HELD, {**LESS_DUE, "bar": HELD_BY_STATUS}, "The hold has run out, so nothing was taken. Send a new link."),
    ],
)  # fmt: skip
def test_what_became_of_taking_money_is_told_as_it_is(
    outcome: str, request_: PaymentRequest, more: dict[str, Any], told: str
) -> None:
    taken = Captured(CaptureOutcome(outcome), request_, False, **{"most": Decimal("115.00"), **more})
    one = capture_answer(taken, tenant())
    assert fill(one.id, one.values, time_zone="UTC") == told


@pytest.mark.parametrize(
    ("outcome", "request_", "told"),
    [
        ("reversed", replace(PAID, reversed=Decimal("115.00")), "Given back or released: R115.00."),
        ("reversed", replace(PAID, reversed=Decimal("40.00")), "Given back or released: R40.00."),
        ("reversed", LESS, "Given back or released: R0.50."),
        ("reversed", PAID, "Given back or released: R115.00."),
        ("already_reversed", PAID, "The money was given back or released already. Nothing was done now."),
        ("refused", LESS,
         "The payment core did not give the money back. Look at the status; if it stays, ask Naledi in IT."),
        ("refused", SENT, "No money is held or was taken on this payment, so there is nothing to give back."),
        ("unknown", SENT,
         "We do not know yet whether the money was given back. Do not repeat it; we are finding out."),
    ],
)  # fmt: skip
def test_what_became_of_giving_money_back_is_told_as_it_is(outcome: str, request_: PaymentRequest, told: str) -> None:
    one = reverse_answer(Reversed(ReverseOutcome(outcome), request_, False), tenant())
    assert fill(one.id, one.values, time_zone="UTC") == told
