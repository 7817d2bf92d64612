"""Which sentences an agent reads of a payment request, and may say to its customer: a row for each way it can stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.news import Bell, bell_key
from connector.domain.payments.payment import PaymentRequest, Reason
from connector.domain.payments.request_event import EventKind, RequestEvent
from connector.domain.payments.status import Link, Message, Money, States
from connector.journeys.amending.cancel_payment_request import REPLACED
from connector.store.outbox.outbox import OutboxState, PushState
from connector.web.wording.customer_talk import say_of
from connector.web.wording.messages import followed_by, sentences_of
from connector.web.wording.sentences import Sentence
from tests.unit.examples import NOW, make_request


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def told(sentences: Sequence[Sentence]) -> list[str]:
    """Each sentence's id, behind ``@`` the minute from which it is shown, behind the id the moment that it names."""
    return [_short(one) for one in sentences]


def _short(one: Sentence) -> str:
    at = one.values.get("at")
    named = f" of {(at - NOW) / timedelta(minutes=1):g}" if at else ""
    starts = f" @{(one.starts_at - NOW) / timedelta(minutes=1):g}" if one.starts_at else ""
    return one.id + named + starts


def request(
    link: Link = Link.OPENED, money: Money = Money.NONE, message: Message = Message.SENT, **changes: Any
) -> Any:
    """A request that was sent at once, opened after a minute, and paid, if it is, at times that can be told apart."""
    amounts = {"captured": Decimal(115)} if money in (Money.PAID, Money.REVERSED) else {}
    times = {"sent_at": NOW, "opened_at": after(1), "open_by": after(5), "pay_by": after(15)}
    states = States(message=message, link=link, money=money)
    return make_request(**{"states": states, "version": 3, **times, **amounts, **changes})


SENT = request(Link.SENT, opened_at=None, pay_by=None, live=True)
OPENED = request(live=True)
PREVIEWED = replace(OPENED, opened_at=NOW + timedelta(seconds=2))
DECLINED = replace(OPENED, states=replace(OPENED.states, money=Money.DECLINED))
FAILED = replace(SENT, states=replace(SENT.states, message=Message.FAILED), message_failure="landline")
PAID = request(money=Money.PAID, paid_at=after(2), proven_at=after(3))
PART = replace(PAID, captured=Decimal(40))
LATE = request(
    Link.EXPIRED, Money.PAID, money_after_close=True, taken_at=after(21), paid_at=after(22), proven_at=after(23)
)
CLOSED = request(Link.CANCELLED, finished_at=after(4))
REPLACED_ONE = replace(CLOSED, not_told_because=REPLACED)
RELEASED = request(Link.UNKNOWN, released_at=after(9))
NOT_KNOWN = "not_known"


def push(
    state: OutboxState = OutboxState.WRITTEN, pushed: int = 3, known: frozenset[str] = frozenset(), **more: Any
) -> Any:
    plain = {"version": 3, "pushed_version": pushed, "requests_version": pushed, "pushed_at": after(6), "reason": "X"}
    return PushState(state=state, **{**plain, "supervisors_know": known, **more})


KNOWN_LATE = push(known=frozenset({bell_key(Bell.PAID_AFTER_CLOSE, LATE.reference)}))
KNOWN_LONG = push(known=frozenset({bell_key(Bell.UNKNOWN_LONG, LATE.reference)}))
REFUSED = push(OutboxState.REFUSED)
REFUSED_BEFORE = push(OutboxState.REFUSED, 2)
WAITING = push(OutboxState.WAITING, 2)

READ: dict[str, tuple[PaymentRequest, PushState | None, list[str]]] = {
    "not sent": (request(Link.CREATED), None, ["created_not_sent"]),
    "sending": (request(Link.SENDING), None, ["sending"]),
    "refused by the core": (request(Link.REJECTED), None, ["rejected"]),
    "never arrived": (request(Link.REJECTED, reason=Reason.NEVER_ARRIVED), None, ["never_arrived"]),
    "perhaps sent": (request(Link.UNKNOWN), None, ["unknown", "unknown_long of 0 @5"]),
    "perhaps sent, and a supervisor knows": (
        request(Link.UNKNOWN), KNOWN_LONG, ["unknown", "unknown_long_told of 0 @5"]),
    "perhaps sent, and a supervisor knows something else": (
        request(Link.UNKNOWN), KNOWN_LATE, ["unknown", "unknown_long of 0 @5"]),
    "sent": (SENT, None, ["sent of 0", "not_opened @1", "awaiting_confirmation @5"]),
    "sent, and nobody knows until when": (replace(SENT, open_by=None), None, ["sent of 0"]),
    "sent, and nobody knows when": (replace(SENT, sent_at=None), None, ["sent"]),
    "delivered": (
        replace(SENT, states=replace(SENT.states, message=Message.DELIVERED), message_at=after(0.5)), None,
        ["delivered of 0.5", "not_opened @1", "awaiting_confirmation @5"]),
    "read, and nobody knows when": (
        replace(SENT, states=replace(SENT.states, message=Message.READ)), None,
        ["read of 0", "not_opened @1", "awaiting_confirmation @5"]),
    "sent, of a message with a time of its own": (
        replace(SENT, message_at=after(0.5)), None, ["sent of 0", "not_opened @1", "awaiting_confirmation @5"]),
    "perhaps delivered": (replace(SENT, message_failure=NOT_KNOWN), None, ["message_in_doubt"]),
    "not delivered": (FAILED, None, ["failed_landline"]),
    "opened": (OPENED, None, ["opened of 1", "awaiting_confirmation @15"]),
    "opened, and nobody knows until when": (replace(OPENED, pay_by=None), None, ["opened of 1"]),
    "opened, though its message failed": (
        replace(OPENED, states=replace(OPENED.states, message=Message.FAILED), message_failure="landline"), None,
        ["opened of 1", "awaiting_confirmation @15"]),
    "fetched for a preview": (PREVIEWED, None, ["probable_preview", "not_opened @1", "awaiting_confirmation @15"]),
    "fetched for a preview, and its message failed": (
        replace(PREVIEWED, states=replace(PREVIEWED.states, message=Message.FAILED), message_failure="landline"), None,
        ["failed_landline", "awaiting_confirmation @15"]),
    "a card is being charged": (replace(OPENED, charging=True), None, ["being_charged"]),
    "declined": (DECLINED, None, ["declined", "awaiting_confirmation @15"]),
    "declined, of a link that nobody opened": (
        replace(DECLINED, pay_by=None), None, ["declined", "awaiting_confirmation @5"]),
    "declined, and nobody knows until when": (replace(DECLINED, pay_by=None, open_by=None), None, ["declined"]),
    "declined, and the link is over": (request(Link.EXPIRED, Money.DECLINED), None, ["declined_dead"]),
    "refused after a review": (request(money=Money.REFUSED), None, ["declined_dead"]),
    "in review": (request(money=Money.IN_REVIEW), None, ["in_review"]),
    "held": (request(money=Money.AUTHORIZED), None, ["authorized"]),
    "held until then": (
        request(money=Money.AUTHORIZED, capture_before=after(90)), None, ["authorized_until", "authorized_over @90"]),
    "reported, not confirmed": (replace(PAID, awaiting_confirmation=True), None, ["reported_not_confirmed"]),
    "its end is reported": (replace(SENT, end_reported_at=after(5)), None, ["end_reported"]),
    "paid": (PAID, push(), ["paid_written of 2"]),
    "paid, as a record shows": (replace(PAID, paid_at=None), push(), ["paid_written of 3"]),
    "paid, and Salesforce waits": (PAID, WAITING, ["paid_waiting of 2"]),
    "paid, and the order refuses": (PAID, REFUSED, ["paid_order_refuses of 2"]),
    "paid after the order refused earlier news": (PAID, REFUSED_BEFORE, ["paid_waiting of 2"]),
    "paid in part": (PART, WAITING, ["part_paid of 2"]),
    "paid in part, as a record shows": (replace(PART, paid_at=None), WAITING, ["part_paid of 3"]),
    "paid in part, and written": (PART, push(), ["part_paid_written of 2"]),
    "paid in part, and the order refuses": (PART, REFUSED, ["part_paid_order_refuses"]),
    "given back in part": (replace(PAID, reversed=Decimal(40)), push(), ["part_given_back"]),
    "given back but for less than one": (replace(PAID, reversed=Decimal("114.50")), push(), ["part_given_back"]),
    "less than one given back": (replace(PAID, reversed=Decimal("0.50")), push(), ["part_given_back"]),
    "given back": (request(money=Money.REVERSED, reversed=Decimal(115)), None, ["reversed"]),
    "paid after the end": (LATE, push(), ["paid_after_close of 21"]),
    "paid after the end, when it was paid": (replace(LATE, taken_at=None), push(), ["paid_after_close of 22"]),
    "paid after the end, as a record shows": (
        replace(LATE, taken_at=None, paid_at=None), push(), ["paid_after_close of 23"]),
    "paid after the end, and a supervisor knows": (LATE, KNOWN_LATE, ["paid_after_close_told of 21"]),
    "paid after the end, in part": (replace(LATE, captured=Decimal(40)), KNOWN_LATE, ["paid_after_close_told of 21"]),
    "run out": (request(Link.EXPIRED, opened_at=None), None, ["expired_unopened"]),
    "run out after it was opened": (request(Link.EXPIRED), None, ["expired_after_opening"]),
    "run out after a preview": (request(Link.EXPIRED, opened_at=NOW), None, ["expired_preview"]),
    "cancelled": (replace(CLOSED, customer_told=True), None, ["cancelled_told"]),
    "cancelled at the core": (CLOSED, None, ["cancelled_elsewhere"]),
    "cancelled, and nobody told": (replace(CLOSED, customer_told=False), None, ["cancelled_not_told_unexplained"]),
    "cancelled, and why nobody was told": (
        replace(CLOSED, customer_told=False, not_told_because="no template."), None, ["cancelled_not_told"]),
    "cancelled and told, whatever was said before": (
        replace(CLOSED, customer_told=True, not_told_because="no template."), None, ["cancelled_told"]),
    "let go by a supervisor": (RELEASED, None, ["released of 9"]),
    "let go, and paid since": (replace(PAID, released_at=after(1)), push(), ["paid_written of 2"]),
}  # fmt: skip


@pytest.mark.parametrize("how", READ)
def test_what_an_agent_reads_of_a_payment_request(how: str) -> None:
    one, pushed, read = READ[how]
    assert told(sentences_of(one, pushed, followed=None)) == read


@pytest.mark.parametrize(
    ("closed", "followed", "read"),
    [
        pytest.param(REPLACED_ONE, True, ["cancelled_replaced"], id="the new one is sent"),
        pytest.param(REPLACED_ONE, False, ["cancelled_unfollowed"], id="the new one was not sent"),
        pytest.param(REPLACED_ONE, None, ["cancelled_for_new", "cancelled_unfollowed @4.5"], id="there is none yet"),
        pytest.param(
            replace(REPLACED_ONE, finished_at=None), None, ["cancelled_unfollowed"], id="none, and nobody knows since when"
        ),
        pytest.param(replace(CLOSED, customer_told=True), None, ["cancelled_told"], id="closed for no other"),
        pytest.param(
            replace(REPLACED_ONE, states=replace(PAID.states, link=Link.CANCELLED), captured=Decimal(115)), False,
            ["paid_waiting"], id="paid all the same",
        ),
    ],
)  # fmt: skip
def test_what_an_agent_reads_of_a_link_that_was_closed_for_another(
    closed: PaymentRequest, followed: bool | None, read: list[str]
) -> None:
    assert told(sentences_of(closed, None, followed=followed)) == read


def test_a_link_is_followed_once_another_was_sent_or_may_have_been() -> None:
    for link in Link:
        new = request(link, reference="c2p_2", replaces="c2p_1")
        never_sent = link in (Link.CREATED, Link.REJECTED)
        assert followed_by([CLOSED, new])["c2p_1"] is not never_sent
    assert "c2p_1" not in followed_by([CLOSED])


def test_a_reason_of_the_cores_does_not_double_the_full_stop() -> None:
    (one,) = sentences_of(READ["cancelled, and why nobody was told"][0], None, followed=None)
    assert one.values["reason"] == "no template"


def word(kind: EventKind, minute: float = 2) -> RequestEvent:
    return RequestEvent(kind, occurred_at=after(minute), recorded_at=after(minute))


STOPPED = [word(EventKind.CUSTOMER_STOPPED)]
SAID: dict[str, tuple[PaymentRequest, list[RequestEvent], list[str]]] = {
    "not sent": (request(Link.CREATED), [], []),
    "sending": (request(Link.SENDING), [], []),
    "refused by the core": (request(Link.REJECTED), [], []),
    "perhaps sent": (request(Link.UNKNOWN), [], ["say_unknown"]),
    "sent": (SENT, [], ["say_message_coming", "say_check_number @1"]),
    "sent, and nobody knows when": (replace(SENT, sent_at=None), [], ["say_message_coming", "say_check_number"]),
    "sent, and they wrote STOP": (SENT, STOPPED, ["say_stopped"]),
    "sent, and they wrote START again": (
        SENT, [*STOPPED, word(EventKind.CUSTOMER_RESUMED, 3)], ["say_message_coming", "say_check_number @1"]),
    "perhaps delivered": (replace(SENT, message_failure=NOT_KNOWN), STOPPED, ["say_message_in_doubt"]),
    "not delivered": (FAILED, STOPPED, ["say_cannot_deliver"]),
    "opened": (OPENED, STOPPED, ["say_opened"]),
    "fetched for a preview": (PREVIEWED, [], ["say_preview"]),
    "a card is being charged": (replace(OPENED, charging=True), [], ["say_being_charged"]),
    "declined": (DECLINED, [], ["say_declined"]),
    "declined, and the link is over": (request(Link.EXPIRED, Money.DECLINED), [], ["say_declined_dead"]),
    "in review": (request(money=Money.IN_REVIEW), [], ["say_in_review"]),
    "held": (request(money=Money.AUTHORIZED), [], ["say_authorized"]),
    "reported, not confirmed": (replace(PAID, awaiting_confirmation=True), [], ["say_in_review"]),
    "its end is reported": (replace(SENT, end_reported_at=after(5)), [], ["say_end_reported"]),
    "paid": (PAID, [], ["say_paid"]),
    "paid, and they wrote STOP": (PAID, STOPPED, ["say_paid_stopped"]),
    "paid in part": (PART, STOPPED, ["say_part_paid"]),
    "given back": (request(money=Money.REVERSED, reversed=Decimal(115)), [], ["say_reversed"]),
    "paid after the end": (LATE, [], ["say_paid_after_close"]),
    "paid after the end, in part": (replace(LATE, captured=Decimal(40)), [], ["say_paid_after_close"]),
    "paid after the end, and given back": (
        replace(LATE, states=replace(LATE.states, money=Money.REVERSED), reversed=Decimal(115)), [], ["say_reversed"]),
    "run out": (request(Link.EXPIRED), [], ["say_expired"]),
    "cancelled": (CLOSED, [], ["say_cancelled"]),
    "let go by a supervisor": (RELEASED, [], ["say_released"]),
    "let go, and paid since": (replace(PAID, released_at=after(1)), [], ["say_paid"]),
    "perhaps paid back by the bank": (replace(PAID, attention="disputed"), [], []),
    "looked at for another reason": (replace(PAID, attention="paid_twice"), [], ["say_paid"]),
}  # fmt: skip


@pytest.mark.parametrize("how", SAID)
def test_what_an_agent_may_say_to_the_customer(how: str) -> None:
    one, events, said = SAID[how]
    assert told(say_of(one, events, "Acme")) == said


@pytest.mark.parametrize(("merchant", "named"), [("Acme", "Acme"), (None, "us")])
def test_the_customer_hears_from_whom_a_message_comes(merchant: str | None, named: str) -> None:
    assert {one.values["merchant"] for one in say_of(SENT, [], merchant)} == {named}
