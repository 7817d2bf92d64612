"""What a sentence says of amounts, people and times: each is that of its own, in a request whose values all differ."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.news import LONG_UNKNOWN
from connector.domain.payments.payment import PaymentRequest, Person
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Message, Money, States
from connector.journeys.amending.cancel_payment_request import REPLACED, Cancelled, CancelOutcome
from connector.journeys.amending.replace_payment_request import Replaced, ReplaceOutcome
from connector.store.outbox.outbox import OutboxState, PushState
from connector.web.wording.alarm_messages import alarm_sentences
from connector.web.wording.customer_talk import say_of
from connector.web.wording.messages import cancel_answer, sentences_of
from connector.web.wording.replace_messages import replace_answer
from connector.web.wording.sentences import Sentence
from connector.web.wording.timeline import timeline_of
from tests.contracts.words.test_what_is_told import after, push
from tests.unit.examples import make_request

SIPHO = Person("005xx000001X8VbAAK", "Sipho")
# Requested by Thandi; of the 115.00 that were asked for 90.00 were held, of which 40.00 were taken and 10.00 given back.
WHOLE = make_request(
    handled_by=SIPHO, reference="c2p_7", link_reference="link-7", version=3, created_at=after(1), sent_at=after(2),
    message_at=after(3), opened_at=after(4), open_by=after(5), taken_at=after(6), paid_at=after(7), proven_at=after(8),
    finished_at=after(9), pay_by=after(15), released_at=after(20), attention_at=after(21), capture_before=after(90),
    authorized=Decimal(90), captured=Decimal(40), reversed=Decimal(10),
)  # fmt: skip
FACTS: dict[str, Any] = {"order_number": "00000102", "reference": "c2p_7"}
SMS: dict[str, Any] = {"channel": "SMS", "phone_ending": "4567"}


def of(link: Link, money: Money = Money.NONE, message: Message = Message.SENT, **changes: Any) -> PaymentRequest:
    plain = {"released_at": None, **changes}
    return replace(WHOLE, states=States(message=message, link=link, money=money), **plain)


def rand(text: str) -> dict[str, str]:
    return {"amount": text, "currency": "ZAR"}


def reads(request: PaymentRequest, pushed: PushState | None = None, *, place: int = 0) -> Sentence:
    return sentences_of(request, pushed, followed=None)[place]


NOTHING: dict[str, Any] = {"captured": Decimal(0), "reversed": Decimal(0)}
HELD = of(Link.OPENED, Money.AUTHORIZED, **NOTHING)
PART = of(Link.OPENED, Money.PAID, reversed=Decimal(0))
BACK = of(Link.OPENED, Money.PAID)
CLOSED = of(Link.CANCELLED)
OLD = replace(CLOSED, reference="c2p_0")
REFUSED = push(OutboxState.REFUSED, reason="ENTITY_IS_LOCKED")

TOLD: dict[str, tuple[Sentence, dict[str, Any]]] = {
    "sent": (reads(of(Link.SENT)), SMS | {"at": after(2), "until": after(5)}),
    "delivered": (reads(of(Link.SENT, message=Message.DELIVERED)), SMS | {"at": after(3), "until": after(5)}),
    "not opened yet": (reads(of(Link.SENT), place=1), {"until": after(5), "phone_ending": "4567"}),
    "not delivered": (reads(of(Link.SENT, message=Message.FAILED, message_failure="landline")), SMS),
    "perhaps delivered": (reads(of(Link.SENT, message_failure="not_known")), SMS),
    "opened": (reads(of(Link.OPENED)), {"at": after(4), "until": after(15)}),
    "fetched for a preview": (
        reads(of(Link.OPENED, opened_at=after(2)), place=1), {"until": after(15), "phone_ending": "4567"}),
    "declined": (reads(of(Link.OPENED, Money.DECLINED)), {"until": after(15)}),
    "held": (reads(HELD), {"until": after(90)}),
    "perhaps sent for long": (reads(of(Link.UNKNOWN), place=1), FACTS | {"amount": rand("115.00"), "at": after(1)}),
    "let go by a supervisor": (reads(of(Link.UNKNOWN, released_at=after(20))), {"agent": "Sipho", "at": after(20)}),
    "paid": (
        reads(of(Link.OPENED, Money.PAID, captured=Decimal(115), reversed=Decimal(0)), push()),
        {"at": after(7), "written_at": after(6)}),
    "paid, and the order is locked": (
        reads(of(Link.OPENED, Money.PAID, captured=Decimal(115), reversed=Decimal(0)), REFUSED),
        {"at": after(7), "reason": "locked"}),
    "paid in part": (
        reads(PART, push()),
        {"paid": rand("40.00"), "amount": rand("115.00"), "at": after(7), "written_at": after(6)}),
    "paid in part, and the order is locked": (
        reads(PART, REFUSED), {"paid": rand("40.00"), "amount": rand("115.00"), "reason": "locked"}),
    "given back in part": (
        reads(BACK), {"paid": rand("30.00"), "amount": rand("115.00"), "reversed": rand("10.00")}),
    "paid after the end": (
        reads(replace(PART, money_after_close=True)), FACTS | {"amount": rand("40.00"), "at": after(6)}),
    "closed for another": (reads(replace(CLOSED, not_told_because=REPLACED), place=1), {"phone_ending": "4567"}),
    "closed before": (
        cancel_answer(Cancelled(CancelOutcome.ALREADY_CANCELLED, CLOSED, "Naledi")), {"at": after(9), "agent": "Naledi"}),
    "closed too late for a preview": (
        cancel_answer(Cancelled(CancelOutcome.ALREADY_CLICKED, of(Link.OPENED, opened_at=after(2)))), {"until": after(15)}),
    "closed too late for held money": (
        cancel_answer(Cancelled(CancelOutcome.AUTHORIZED, HELD)), FACTS | {"amount": rand("90.00"), "at": after(9)}),
    "closed too late for a part": (
        cancel_answer(Cancelled(CancelOutcome.PAID, PART)), {"paid": rand("40.00"), "amount": rand("115.00"), "at": after(7)}),
    "replaced too late": (
        replace_answer(Replaced(ReplaceOutcome.NOT_DEAD, PART), OLD),
        {"amount": rand("115.00"), "paid": rand("40.00"), "held": rand("0.00"), "at": after(7)}),
    "replaced too late for held money": (
        replace_answer(Replaced(ReplaceOutcome.NOT_DEAD, HELD), OLD),
        {"amount": rand("115.00"), "paid": rand("0.00"), "held": rand("90.00"), "at": after(7)}),
    "replaced too late for a preview": (
        replace_answer(Replaced(ReplaceOutcome.NOT_DEAD, of(Link.OPENED, opened_at=after(2))), OLD), {"until": after(15)}),
    "to be looked at": (alarm_sentences([replace(PART, attention="disputed")], ())[0], FACTS | {"amount": rand("40.00")}),
    "goods that must wait": (alarm_sentences([replace(HELD, do_not_ship=True)], ())[0], FACTS | {"amount": rand("90.00")}),
    "to say of an opened link": (say_of(of(Link.OPENED), [], None)[0], {"until": after(15)}),
    "to say of a part": (say_of(PART, [], None)[0], {"paid": rand("40.00"), "amount": rand("115.00")}),
}  # fmt: skip


@pytest.mark.parametrize("how", TOLD)
def test_a_sentence_names_the_amounts_people_and_times_that_it_speaks_of(how: str) -> None:
    sentence, values = TOLD[how]
    assert sentence.values == values


def test_an_outcome_is_long_unknown_since_the_request_was_made() -> None:
    assert reads(of(Link.UNKNOWN), place=1).starts_at == after(1) + LONG_UNKNOWN


def test_the_history_names_who_asked_and_who_acted_each_at_their_time() -> None:
    closed = RequestEvent(EventKind.CANCELLED, occurred_at=after(9), recorded_at=after(30), person="Naledi")
    assert timeline_of(CLOSED, [closed], push()) == [
        (after(1), Sentence("timeline_created", {"agent": "Thandi"})),
        (after(6), Sentence("timeline_written")),
        (after(9), Sentence("timeline_cancelled", {"agent": "Naledi"})),
    ]
