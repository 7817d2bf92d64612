"""Which sentence answers an agent, lists a payment's history, or raises an alarm: a row for each way it can stand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.news import Bell, bell_key
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Money
from connector.journeys.amending.cancel_payment_request import Cancelled, CancelOutcome
from connector.journeys.amending.replace_payment_request import Replaced, ReplaceOutcome
from connector.store.outbox.outbox import OutboxState, PushState
from connector.web.schemas.serializers import request_facts
from connector.web.wording.alarm_messages import alarm_sentences
from connector.web.wording.messages import cancel_answer, salesforce_of, send_off
from connector.web.wording.replace_messages import replace_answer
from connector.web.wording.sentences import Sentence, fill
from connector.web.wording.timeline import timeline_of
from tests.contracts.words.test_what_is_told import (
    CLOSED,
    DECLINED,
    OPENED,
    PAID,
    PART,
    PREVIEWED,
    REFUSED,
    SENT,
    after,
    push,
    request,
    told,
)
from tests.unit.examples import THANDI, make_order

SIPHO = Person("005xx000001X8VbAAK", "Sipho")

THEIRS = replace(OPENED, requested_by=SIPHO, created_at=after(-1))
HELD = request(money=Money.AUTHORIZED, authorized=Decimal(115))


@pytest.mark.parametrize(
    ("requests", "read"),
    [
        pytest.param([], None, id="none"),
        pytest.param([OPENED], Sentence("live_link"), id="one's own"),
        pytest.param(
            [THEIRS], Sentence("colleague_link", {"agent": "Sipho", "at": after(-1), "until": after(15)}),
            id="a colleague's, opened",
        ),
        pytest.param(
            [replace(THEIRS, states=SENT.states)],
            Sentence("colleague_link", {"agent": "Sipho", "at": after(-1), "until": after(5)}), id="a colleague's, not opened",
        ),
        pytest.param(
            [replace(THEIRS, pay_by=None)],
            Sentence("colleague_link", {"agent": "Sipho", "at": after(-1), "until": after(5)}),
            id="a colleague's, answered by a reply",
        ),
        pytest.param([THEIRS, OPENED], Sentence("live_link"), id="the newest counts"),
        pytest.param([replace(DECLINED, live=False)], None, id="one that is over"),
        pytest.param(
            [request(Link.EXPIRED, Money.IN_REVIEW)], Sentence("live_link"), id="in review, though the link is over"
        ),
        pytest.param([HELD], Sentence("already_authorized"), id="held"),
        pytest.param([PAID], Sentence("already_paid"), id="paid"),
        pytest.param([PART], None, id="paid in part"),
    ],
)  # fmt: skip
def test_why_nothing_can_be_sent_now(requests: list[PaymentRequest], read: Sentence | None) -> None:
    assert send_off(make_order(), requests, THANDI.user_id) == read


ANSWERS: dict[str, tuple[Cancelled, str]] = {
    "closed": (Cancelled(CancelOutcome.CANCELLED, replace(CLOSED, customer_told=True)), "cancelled_told"),
    "closed before": (Cancelled(CancelOutcome.ALREADY_CANCELLED, CLOSED, "Sipho"), "cancel_already_cancelled of 4"),
    "closed before, by nobody here": (
        Cancelled(CancelOutcome.ALREADY_CANCELLED, CLOSED), "cancel_already_cancelled_elsewhere"),
    "run out": (Cancelled(CancelOutcome.EXPIRED, request(Link.EXPIRED)), "cancel_already_expired"),
    "opened": (Cancelled(CancelOutcome.ALREADY_CLICKED, OPENED), "cancel_already_clicked"),
    "previewed": (Cancelled(CancelOutcome.ALREADY_CLICKED, PREVIEWED), "cancel_already_clicked_preview"),
    "declined, another card can be tried": (Cancelled(CancelOutcome.DECLINED, DECLINED), "cancel_already_clicked"),
    "declined": (Cancelled(CancelOutcome.DECLINED, request(Link.EXPIRED, Money.DECLINED)), "cancel_declined"),
    "paid": (Cancelled(CancelOutcome.PAID, PAID), "cancel_paid of 2"),
    "paid, as it ended": (Cancelled(CancelOutcome.PAID, replace(PAID, paid_at=None, finished_at=after(7))), "cancel_paid of 7"),
    "paid in part": (Cancelled(CancelOutcome.PAID, PART), "cancel_part_paid of 2"),
    "paid in part, as it ended": (
        Cancelled(CancelOutcome.PAID, replace(PART, paid_at=None, finished_at=after(7))), "cancel_part_paid of 7"),
    "held": (Cancelled(CancelOutcome.AUTHORIZED, replace(HELD, finished_at=after(7))), "cancel_authorized of 7"),
}  # fmt: skip


@pytest.mark.parametrize("how", ANSWERS)
def test_what_became_of_a_cancellation_is_told_as_it_is(how: str) -> None:
    cancelled, read = ANSWERS[how]
    assert told([cancel_answer(cancelled)]) == [read]


OLD = replace(CLOSED, reference="c2p_0")
LOST: dict[str, tuple[Replaced, str]] = {
    "sent": (Replaced(ReplaceOutcome.REPLACED, SENT), "replace_replaced"),
    "perhaps sent": (Replaced(ReplaceOutcome.UNKNOWN, SENT), "replace_new_unknown"),
    "perhaps closed": (Replaced(ReplaceOutcome.UNKNOWN, OLD), "replace_unknown"),
    "paid": (Replaced(ReplaceOutcome.NOT_DEAD, replace(PAID, finished_at=after(7))), "replace_paid of 2"),
    "paid, as it ended": (
        Replaced(ReplaceOutcome.NOT_DEAD, replace(PAID, paid_at=None, finished_at=after(7))), "replace_paid of 7"),
    "held": (Replaced(ReplaceOutcome.NOT_DEAD, HELD), "replace_authorized"),
    "previewed": (Replaced(ReplaceOutcome.NOT_DEAD, PREVIEWED), "replace_previewed"),
    "opened": (Replaced(ReplaceOutcome.NOT_DEAD, OPENED), "replace_paying"),
    "declined": (Replaced(ReplaceOutcome.NOT_DEAD, DECLINED), "replace_paying"),
    "being paid": (Replaced(ReplaceOutcome.NOT_DEAD, SENT, being_paid=True), "replace_paying"),
    "neither": (Replaced(ReplaceOutcome.NOT_DEAD, SENT), "replace_not_dead"),
}  # fmt: skip


@pytest.mark.parametrize("how", LOST)
def test_what_became_of_a_replacement_is_told_as_it_is(how: str) -> None:
    replaced, read = LOST[how]
    assert told([replace_answer(replaced, OLD)]) == [read]


@pytest.mark.parametrize(
    ("version", "pushed", "known"),
    [
        pytest.param(3, None, ("none", None, None), id="nothing was ever written"),
        pytest.param(0, push(), ("none", None, None), id="nothing to write yet"),
        pytest.param(3, push(), ("written", after(6), None), id="written"),
        pytest.param(4, push(), ("waiting", None, "X"), id="changed since"),
        pytest.param(3, REFUSED, ("refused", after(6), "X"), id="the order refused"),
        pytest.param(4, REFUSED, ("waiting", None, "X"), id="the order refused an earlier change"),
        pytest.param(
            3, push(OutboxState.REFUSED, 2, requests_version=3), ("refused", after(6), "X"), id="the record was written"
        ),
        pytest.param(3, push(OutboxState.BURIED, 2), ("refused", None, "X"), id="the record was refused"),
        pytest.param(3, push(OutboxState.BURIED), ("written", after(6), None), id="another's record was refused"),
    ],
)  # fmt: skip
def test_whether_salesforce_has_it(version: int, pushed: PushState | None, known: tuple[Any, ...]) -> None:
    assert salesforce_of(replace(PAID, version=version), pushed) == known


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (OutboxState.REFUSED, "locked"),
        (OutboxState.BURIED, None),
        (OutboxState.WAITING, None),
        (OutboxState.WRITTEN, None),
    ],
)
def test_why_salesforce_refused_is_said_in_a_word_while_it_does(state: OutboxState, word: str | None) -> None:
    facts = request_facts(PAID, push(state, reason="ENTITY_IS_LOCKED"))
    assert facts["salesforce"]["reason_word"] == word


def step(kind: EventKind, minute: float = 1, **more: Any) -> RequestEvent:
    return RequestEvent(kind, occurred_at=after(minute), recorded_at=after(30), person="Thandi", **more)


def heard(word: str, minute: float = 1) -> RequestEvent:
    return step(EventKind.CALLBACK, minute, core_status=word)


BACK = replace(PAID, states=replace(PAID.states, money=Money.REVERSED), reversed=Decimal(115))
PART_BACK = replace(BACK, reversed=Decimal(40))
HELD_ONE = replace(HELD, captured=Decimal(0))
HISTORY: dict[str, tuple[PaymentRequest, list[RequestEvent], list[str]]] = {
    "nothing": (SENT, [], []),
    "handed over": (SENT, [step(EventKind.SENDING), step(EventKind.SENT)],
                    ["Handed to the payment core", "Accepted by the payment core"]),
    "sent": (SENT, [heard("PAYMENT_LINK_SENT")], ["Message sent by SMS"]),
    "a word about the message that the link's own says": (SENT, [heard("MESSAGE_SENT")], []),
    "delivered": (SENT, [heard("MESSAGE_DELIVERED")], ["SMS message delivered"]),
    "not delivered": (SENT, [heard("MESSAGE_FAILED")], ["SMS message could not be delivered"]),
    "opened": (OPENED, [heard("PAYMENT_LINK_CLICKED")], ["Link opened"]),
    "previewed": (PREVIEWED, [heard("PAYMENT_LINK_CLICKED")], ["Link opened, probably by a preview"]),
    "run out": (SENT, [heard("PAYMENT_LINK_EXPIRED")], ["Link expired"]),
    "cancelled at the core": (CLOSED, [heard("PAYMENT_LINK_CANCELLED")], ["Cancelled"]),
    "cancelled here": (CLOSED, [step(EventKind.CANCELLED)], ["Cancelled by Thandi"]),
    "declined": (DECLINED, [heard("PAYMENT_DECLINED")], ["The bank said no"]),
    "held": (HELD_ONE, [heard("PAYMENT_AUTHORIZED")], ["R115.00 held, not taken"]),
    "paid": (PAID, [heard("PAYMENT_RECEIVED")], ["R115.00 paid"]),
    "paid, and not read how much": (replace(PAID, captured=Decimal(0)), [heard("PAYMENT_RECEIVED")], ["R115.00 paid"]),
    "paid in part": (PART, [heard("PAYMENT_CAPTURED")], ["R40.00 of R115.00 taken"]),
    "given back": (BACK, [heard("PAYMENT_REVERSED")], ["R115.00 given back or released"]),
    "given back in part": (PART_BACK, [heard("PAYMENT_REVERSED")], ["R40.00 of R115.00 given back or released"]),
    "held, of which a part was taken since": (
        PART, [heard("PAYMENT_AUTHORIZED"), heard("PAYMENT_CAPTURED", 2)],
        ["R115.00 held, not taken", "R40.00 of R115.00 taken"]),
    "a word that we do not know": (SENT, [heard("PAYMENT_TELEPORTED")], ["News from the payment core"]),
    "nothing but that the core was asked": (SENT, [step(EventKind.HEALED)], []),
    "a late callback": (
        OPENED, [heard("PAYMENT_LINK_CLICKED", 2), heard("PAYMENT_LINK_SENT", 1)], ["Message sent by SMS", "Link opened"]),
    "money that did not count": (PAID, [step(EventKind.ATTENTION, note="paid_late_returned")],
                                 ["Money that did not count was given back"]),
    "a person must look": (PAID, [step(EventKind.ATTENTION, note="paid_late")], ["A person must look at this payment"]),
    "let go": (SENT, [step(EventKind.RELEASED, note="no answer")], ["Released by Thandi: no answer"]),
}  # fmt: skip


@pytest.mark.parametrize("how", HISTORY)
def test_what_the_history_of_a_payment_says(how: str) -> None:
    one, events, lines = HISTORY[how]
    (_, created), *others = [
        (at, fill(line.id, line.values, time_zone="UTC")) for at, line in timeline_of(one, events, None)
    ]
    assert created == "Requested by Thandi"
    assert [line for _, line in others] == lines


@pytest.mark.parametrize(
    ("pushed", "written"),
    [
        pytest.param(push(), True, id="written"),
        pytest.param(push(pushed_at=None), False, id="written, and nobody knows when"),
        pytest.param(push(OutboxState.WAITING, 2), False, id="waiting"),
        pytest.param(REFUSED, False, id="refused"),
        pytest.param(None, False, id="nothing to write"),
    ],
)
def test_the_history_says_when_salesforce_got_it(pushed: PushState | None, written: bool) -> None:
    lines = timeline_of(PAID, [heard("PAYMENT_RECEIVED", 7)], pushed)
    assert ((after(6), Sentence("timeline_written")) in lines) is written
    assert [at for at, _ in lines] == sorted(at for at, _ in lines)


LOOKED_AT = replace(PAID, attention="disputed", attention_at=after(20))
BELL = bell_key(Bell.ATTENTION, PAID.reference, "disputed:261121102000")


@pytest.mark.parametrize(
    ("one", "amount", "more"),
    [
        pytest.param(LOOKED_AT, "115.00", ["attention_disputed"], id="paid"),
        pytest.param(replace(LOOKED_AT, captured=Decimal(40)), "40.00", ["attention_disputed"], id="paid in part"),
        pytest.param(
            replace(HELD, authorized=Decimal(90), attention="capture_failed", do_not_ship=True), "90.00",
            ["attention_capture_failed", "do_not_ship"], id="held",
        ),
        pytest.param(
            replace(SENT, attention="something_new", do_not_ship=True), "115.00", ["attention_other", "do_not_ship"],
            id="nothing taken",
        ),
        pytest.param(replace(PAID, do_not_ship=True), "115.00", ["do_not_ship"], id="the goods wait"),
    ],
)  # fmt: skip
def test_an_alarm_names_the_amount_that_was_moved(one: PaymentRequest, amount: str, more: list[str]) -> None:
    alarms = alarm_sentences([one], ())
    assert [alarm.id for alarm in alarms] == more
    assert {alarm.values["amount"]["amount"] for alarm in alarms} == {amount}


def test_money_in_review_says_itself_that_the_goods_must_wait() -> None:
    assert alarm_sentences([request(money=Money.IN_REVIEW, do_not_ship=True)], ()) == []


def test_that_a_supervisor_knows_is_said_of_the_alarm_that_they_were_told_of() -> None:
    earlier = replace(LOOKED_AT, attention_at=after(10))
    assert "supervisor_told" in told(alarm_sentences([LOOKED_AT], {BELL}))
    assert "supervisor_told" not in told(alarm_sentences([earlier], {BELL}))


def test_what_needs_a_person_is_said_first() -> None:
    alarms = alarm_sentences([replace(PAID, do_not_ship=True), replace(LOOKED_AT, reference="c2p_2")], ())
    assert [(one.id, one.values["reference"]) for one in alarms] == [
        ("attention_disputed", "c2p_2"), ("do_not_ship", "c2p_1")
    ]  # fmt: skip
