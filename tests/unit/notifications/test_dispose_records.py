"""What one notification changes by the core's record or by itself, and what is said of it where it changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.notification import CoreRecord
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.request_event import EventKind
from connector.domain.payments.status import Link, Message, Money, States, StatusUpdate
from connector.journeys.notifications.apply_notification import AppliedStep, ReceivedNotification, dispose
from connector.journeys.notifications.confirm_notification import NotYet
from connector.journeys.notifications.find_record import Found
from connector.store.inbox.inbox import Disposition, Verdict
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW, make_request
from tests.unit.notifications.test_dispose import CLICKED, EXPIRED, PAID, REQUEST, received

LATER = NOW + timedelta(minutes=1)
CANCELLED = StatusUpdate(link=Link.CANCELLED)


def about(news: StatusUpdate, record: CoreRecord | None, **changes: Any) -> ReceivedNotification:
    """A notification with a proof; ``record``: the core's answer, None where nobody has asked it."""
    one = received(news, proven=True)
    answers = None if record is None else {REQUEST.reference: Found(record)}
    return replace(one, notification=replace(one.notification, **changes), answers=answers)


def disposed(one: ReceivedNotification, present: PaymentRequest = REQUEST) -> tuple[Disposition, AppliedStep]:
    tenant = make_tenant(confirm=False)
    disposition, (step,) = dispose(one, {present.reference: present}, tenant, now=LATER)
    return disposition, step


@pytest.mark.parametrize(("error", "verdict"), [(None, Verdict.STALE), ("fields:core_status", Verdict.UNREADABLE)])
def test_a_record_that_is_known_makes_no_history(error: str | None, verdict: Verdict) -> None:
    one = about(PAID, replace(CORE_RECORD, news=PAID, captured=Decimal(115), decided_at=NOW), error=error)
    first, step = disposed(one)
    again, repeated = disposed(one, step.after)
    assert (first.verdict, len(step.events)) == (Verdict.APPLIED, 1)
    assert (again.verdict, again.reason, repeated.events) == (verdict, error, ())
    assert repeated.after.proven_at == LATER, "the core was asked just now"


@pytest.mark.parametrize(
    ("said", "shown", "closed_at"),
    [
        pytest.param(EXPIRED, EXPIRED, NOW, id="the same end: when the callback says"),
        pytest.param(EXPIRED, CANCELLED, LATER, id="another end: now"),
        pytest.param(PAID, replace(CANCELLED, money=Money.DECLINED), LATER, id="no word of an end: now"),
    ],
)
def test_a_callback_says_only_when_its_own_end_came(
    said: StatusUpdate, shown: StatusUpdate, closed_at: datetime
) -> None:
    _, step = disposed(about(said, replace(CORE_RECORD, news=shown)))
    assert step.after.closed_at == closed_at


def test_news_that_names_one_request_and_the_link_of_another_says_how_it_differs_from_the_first() -> None:
    other = replace(REQUEST, reference="c2p_2", link_reference="link-2")
    one = received(PAID, proven=True)
    one = replace(
        one,
        notification=replace(one.notification, link_reference="link-2"),
        requests=(REQUEST, other),
        answers={
            REQUEST.reference: Found(CORE_RECORD),
            other.reference: Found(replace(CORE_RECORD, reference="c2p_2", link_reference="link-2")),
        },
    )
    disposition, _ = dispose(one, {each.reference: each for each in one.requests}, make_tenant(), now=NOW)
    assert (disposition.verdict, disposition.reason) == (Verdict.ANOMALY, "mismatch:link_reference")
    unbound = replace(REQUEST, link_reference=None)
    one = replace(
        one,
        requests=(unbound, other),
        answers={**(one.answers or {}), REQUEST.reference: NotYet("core_does_not_know_link")},
    )
    disposition, _ = dispose(one, {each.reference: each for each in one.requests}, make_tenant(), now=NOW)
    assert (disposition.verdict, disposition.reason) == (Verdict.ANOMALY, "mismatch:reference"), "its link is another's"


@pytest.mark.parametrize(
    ("news", "awaiting", "still"),
    [
        pytest.param(CLICKED, True, True, id="a click answers nothing about money"),
        pytest.param(StatusUpdate(message=Message.DELIVERED), True, True, id="nor does its message"),
        pytest.param(PAID, True, False, id="money that the tenant takes at the callback's word"),
        pytest.param(CLICKED, False, False, id="nothing was awaited"),
    ],
)
def test_money_that_waits_for_the_record_waits_on_through_other_news(
    news: StatusUpdate, awaiting: bool, still: bool
) -> None:
    one = about(news, None, total=Decimal(115), core_status="PAYMENT_RECEIVED" if news.money else "A_WORD")
    _, step = disposed(one, replace(REQUEST, awaiting_confirmation=awaiting))
    assert step.after.awaiting_confirmation is still


def test_news_makes_history_of_its_own_time_and_once() -> None:
    opened = make_request(
        states=States(link=Link.OPENED), live=True, link_reference="link-1",
    )  # fmt: skip
    _, step = disposed(about(CLICKED, None), opened)
    assert [(line.event, line.occurred_at) for line in step.events] == [(EventKind.CALLBACK, NOW)]
    disposition, repeated = disposed(about(CLICKED, None), step.after)
    assert (disposition.verdict, repeated.events) == (Verdict.STALE, ())


def test_a_message_that_arrived_earlier_than_known_makes_no_history() -> None:
    arrived = about(StatusUpdate(message=Message.DELIVERED), None)
    _, step = disposed(arrived)
    disposition, repeated = disposed(arrived, replace(step.after, message_at=LATER))
    assert (disposition.verdict, repeated.events, repeated.after.message_at) == (Verdict.STALE, (), NOW)


def test_a_record_that_says_otherwise_than_its_news_is_taken_in_as_the_cores_own_word() -> None:
    record = replace(CORE_RECORD, news=StatusUpdate(link=Link.OPENED), core_status="THE_RECORDS")
    disposition, step = disposed(about(PAID, record))
    assert disposition.verdict is Verdict.AWAITING_CONFIRMATION
    assert (step.after.states.link, step.after.proven_at) == (Link.OPENED, LATER)
    assert [(line.event, line.occurred_at, line.core_status) for line in step.events] == [
        (EventKind.HEALED, LATER, "THE_RECORDS")
    ]


def test_news_of_a_part_given_back_that_another_callback_brought_meanwhile_waits_for_no_further_part() -> None:
    """The core was asked before the row was locked: what it said then is held against what we knew then."""
    known = replace(REQUEST, captured=Decimal(115), reversed=Decimal(40), money_moved_at=NOW)
    meanwhile = replace(known, reversed=Decimal(75))
    record = replace(CORE_RECORD, news=StatusUpdate(money=Money.REVERSED), captured=Decimal(115), reversed=Decimal(75))
    one = about(StatusUpdate(money=Money.REVERSED), record, occurred_at=LATER)
    disposition, _ = disposed(replace(one, requests=(known,)), meanwhile)
    assert disposition.verdict is Verdict.APPLIED
