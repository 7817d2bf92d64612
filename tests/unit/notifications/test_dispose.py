"""What one notification is allowed to change before the core was asked about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from connector.domain.payments.notification import Notification, speaks_of_message, speaks_of_money, unread_reason
from connector.domain.payments.payment import PaymentRequest
from connector.domain.payments.status import Link, Message, Money, States, StatusUpdate
from connector.journeys.notifications.apply_notification import ReceivedNotification, dispose
from connector.journeys.notifications.find_record import Found
from connector.store.inbox.inbox import EntryReferences, InboxEntry, Verdict
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW, make_request

REQUEST = make_request(states=States(link=Link.SENT), live=True, link_reference="link-1")
CLICKED = StatusUpdate(link=Link.OPENED)


def received(news: StatusUpdate, *, proven: bool, odd: frozenset[str] = frozenset()) -> ReceivedNotification:
    entry = InboxEntry(b"d", "acme", "transaction-status", b"{}", NOW, 1, 1, None, "w1.1", proven)
    said = Notification("00000102", "link-1", "c2p_1", "A_WORD", news, None, None, None, NOW, odd=odd)
    return ReceivedNotification(entry, said, (REQUEST,))


@pytest.mark.parametrize(
    ("news", "proven", "odd", "verdict"),
    [
        pytest.param(CLICKED, True, frozenset(), Verdict.APPLIED, id="a click with a proof"),
        pytest.param(CLICKED, False, frozenset(), Verdict.HELD, id="a click without a proof"),
        pytest.param(CLICKED, True, frozenset({"currency"}), Verdict.HELD, id="a click of which a part cannot be read"),
        pytest.param(StatusUpdate(money=Money.PAID), True, frozenset(), Verdict.HELD, id="money"),
        pytest.param(StatusUpdate(link=Link.EXPIRED), True, frozenset(), Verdict.HELD, id="an end"),
    ],
)
def test_only_harmless_news_with_a_proof_is_believed_by_itself(
    news: StatusUpdate, proven: bool, odd: frozenset[str], verdict: Verdict
) -> None:
    disposition, steps = dispose(
        received(news, proven=proven, odd=odd), {REQUEST.reference: REQUEST}, make_tenant(), now=NOW
    )
    assert disposition.verdict is verdict
    assert [step.after.states.link for step in steps] == ([Link.OPENED] if verdict is Verdict.APPLIED else [])


@pytest.mark.parametrize(
    ("proven", "minutes", "error", "disposed"),
    [
        (True, 0, None, (Verdict.HELD, "unknown_payment", NOW + timedelta(seconds=1))),
        (True, 59, None, (Verdict.HELD, "unknown_payment", NOW + timedelta(minutes=59, seconds=1))),
        (True, 60, None, (Verdict.ORPHAN, "unknown_payment", None)),
        (False, 1, None, (Verdict.HELD, "unknown_payment", NOW + timedelta(minutes=1, seconds=1))),
        (False, 2, None, (Verdict.ORPHAN, "unknown_payment", None)),
        (True, 0, "no_reference", (Verdict.UNREADABLE, "no_reference", None)),
    ],
)
def test_what_is_about_no_request_of_ours_is_held_while_our_own_commit_may_be_late(
    proven: bool, minutes: int, error: str | None, disposed: tuple[Verdict, str, datetime | None]
) -> None:
    one = received(CLICKED, proven=proven)
    one = replace(one, requests=(), notification=replace(one.notification, error=error))
    disposition, steps = dispose(one, {}, make_tenant(), now=NOW + timedelta(minutes=minutes))
    assert (disposition.verdict, disposition.reason, disposition.due_at, steps) == (*disposed, [])


@pytest.mark.parametrize(
    ("requests", "names"),
    [
        ((REQUEST,), EntryReferences("link-1", "c2p_1")),
        ((), EntryReferences("link-1", "C2P_1")),
    ],
    ids=["a request of ours", "of nobody"],
)
def test_an_entry_is_listed_by_the_link_that_it_names_and_by_our_own_reference(
    requests: tuple[PaymentRequest, ...], names: EntryReferences
) -> None:
    one = received(CLICKED, proven=True)
    one = replace(one, requests=requests, notification=replace(one.notification, reference="C2P_1"))
    disposition, _ = dispose(one, {REQUEST.reference: REQUEST}, make_tenant(), now=NOW)
    assert disposition.names == names


def test_what_is_about_no_request_of_ours_is_looked_at_ever_more_seldom() -> None:
    one = received(CLICKED, proven=True)
    one = replace(one, requests=(), entry=replace(one.entry, attempts=4))
    disposition, _ = dispose(one, {}, make_tenant(), now=NOW)
    assert disposition.due_at == NOW + timedelta(seconds=8)


@pytest.mark.parametrize(
    ("news", "alone"),
    [
        (StatusUpdate(message=Message.DELIVERED), True),
        (StatusUpdate(message=Message.DELIVERED, link=Link.OPENED), False),
        (StatusUpdate(message=Message.DELIVERED, money=Money.PAID), False),
        (StatusUpdate(link=Link.OPENED), False),
        (StatusUpdate(), False),
    ],
)
def test_news_of_a_message_alone_concerns_neither_link_nor_money(news: StatusUpdate, alone: bool) -> None:
    assert speaks_of_message(news) is alone


@pytest.mark.parametrize(
    ("money", "speaks"), [(None, False), (Money.NONE, False), (Money.DECLINED, True), (Money.PAID, True)]
)
def test_news_of_money_says_more_than_that_there_is_none(money: Money | None, speaks: bool) -> None:
    assert speaks_of_money(StatusUpdate(link=Link.OPENED, money=money)) is speaks


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["total", "captured"], "fields:captured,total"),
        ([], "fields:no_object"),
        (["x" * 200], "fields:" + "x" * 153),
    ],
    ids=["in their order", "not even an object", "as long as its column"],
)
def test_a_reason_names_what_could_not_be_read(names: list[str], reason: str) -> None:
    assert unread_reason(names) == reason


SENT, OPENED, PAID = StatusUpdate(link=Link.SENT), StatusUpdate(link=Link.OPENED), StatusUpdate(money=Money.PAID)
BOTH = StatusUpdate(link=Link.OPENED, money=Money.PAID)


@pytest.mark.parametrize(
    ("said", "shown", "word"),
    [
        pytest.param(PAID, BOTH, "A_WORD", id="the same money"),
        pytest.param(OPENED, StatusUpdate(link=Link.OPENED), "A_WORD", id="the same link"),
        pytest.param(SENT, OPENED, "THE_RECORDS", id="another link"),
        pytest.param(OPENED, BOTH, "THE_RECORDS", id="a click, paid there"),
        pytest.param(PAID, StatusUpdate(money=Money.REVERSED), "THE_RECORDS", id="paid, given back there"),
    ],
)
def test_the_history_has_the_callbacks_word_only_where_the_record_shows_the_same(
    said: StatusUpdate, shown: StatusUpdate, word: str
) -> None:
    before = replace(REQUEST, states=States(link=Link.SENDING))
    back = Decimal(115) if shown.money is Money.REVERSED else Decimal(0)
    record = replace(CORE_RECORD, news=shown, core_status="THE_RECORDS", captured=Decimal(115), reversed=back)
    one = replace(received(said, proven=False), answers={before.reference: Found(record)})
    _, (step,) = dispose(one, {before.reference: before}, make_tenant(), now=NOW)
    assert step.events[-1].core_status == word


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        ("fields:total", Verdict.UNREADABLE, "fields:total"),
        (None, Verdict.ANOMALY, "core_says_otherwise"),
    ],
)
def test_what_the_record_never_shows_is_an_anomaly_and_merely_unreadable_where_it_could_not_be_read(
    error: str | None, verdict: Verdict, reason: str
) -> None:
    """An anomaly alarms: somebody said of our money what the core denies. A callback in other words did not."""
    one = received(PAID, proven=True)
    one = replace(
        one,
        entry=replace(one.entry, attempts=99, reason="core_says_otherwise"),
        notification=replace(one.notification, error=error),
        answers={REQUEST.reference: Found(CORE_RECORD)},
    )
    disposition, _ = dispose(one, {REQUEST.reference: REQUEST}, make_tenant(), now=NOW + timedelta(hours=1))
    assert (disposition.verdict, disposition.reason) == (verdict, reason)


def test_what_cannot_be_read_and_names_two_requests_differs_from_neither() -> None:
    """Any text in it was tried as a name, so two names contradict nothing."""
    other = replace(REQUEST, reference="c2p_2", link_reference="link-2")
    one = received(StatusUpdate(), proven=True)
    one = replace(
        one,
        notification=replace(one.notification, error="fields:core_status"),
        requests=(REQUEST, other),
        answers={
            REQUEST.reference: Found(CORE_RECORD),
            other.reference: Found(replace(CORE_RECORD, reference="c2p_2", link_reference="link-2")),
        },
    )
    disposition, _ = dispose(one, {each.reference: each for each in one.requests}, make_tenant(), now=NOW)
    assert disposition.reason == "fields:core_status"


REVIEW, SECOND = StatusUpdate(money=Money.IN_REVIEW), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("news", "proven", "said_at", "decided_at", "money"),
    [
        pytest.param(REVIEW, True, NOW, NOW + SECOND, Money.REFUSED, id="declined after the review that it tells of"),
        pytest.param(REVIEW, True, NOW, NOW, Money.DECLINED, id="declined at that moment"),
        pytest.param(REVIEW, True, NOW, NOW - SECOND, Money.DECLINED, id="declined before it"),
        pytest.param(REVIEW, True, NOW, None, Money.DECLINED, id="nobody says when it was declined"),
        pytest.param(REVIEW, True, None, NOW + SECOND, Money.DECLINED, id="nobody says when it was in review"),
        pytest.param(REVIEW, False, NOW, NOW + SECOND, Money.DECLINED, id="a review without a proof"),
        pytest.param(PAID, True, NOW, NOW + SECOND, Money.DECLINED, id="no word of a review"),
    ],
)
def test_a_decline_ends_a_review_where_it_is_newer_by_the_cores_own_clock(
    news: StatusUpdate, proven: bool, said_at: datetime | None, decided_at: datetime | None, money: Money
) -> None:
    """A decline alone decides nothing: the customer may try another card, which after a review nobody may."""
    one = received(news, proven=proven)
    record = replace(CORE_RECORD, news=StatusUpdate(money=Money.DECLINED), decided_at=decided_at)
    one = replace(
        one,
        notification=replace(one.notification, occurred_at=said_at),
        answers={REQUEST.reference: Found(record)},
    )
    _, (step,) = dispose(one, {REQUEST.reference: REQUEST}, make_tenant(), now=NOW + timedelta(minutes=1))
    assert step.after.states.money is money


EXPIRED = StatusUpdate(link=Link.EXPIRED)


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        pytest.param(replace(EXPIRED, money=Money.PAID), "THE_LINKS", id="ended, and paid before"),
        pytest.param(BOTH, "THE_RECORDS", id="paid, so nothing ends it"),
    ],
)
def test_the_history_of_an_end_has_the_records_word_for_the_link(shown: StatusUpdate, word: str) -> None:
    record = replace(CORE_RECORD, news=shown, core_status="THE_RECORDS", link_word="THE_LINKS", captured=Decimal(115))
    one = replace(received(EXPIRED, proven=True), answers={REQUEST.reference: Found(record)})
    _, (step,) = dispose(one, {REQUEST.reference: REQUEST}, make_tenant(), now=NOW)
    assert step.events[-1].core_status == word


def test_the_history_has_the_records_word_where_the_callback_had_none() -> None:
    record = replace(CORE_RECORD, news=BOTH, core_status="THE_RECORDS", captured=Decimal(115))
    one = received(PAID, proven=True)
    one = replace(
        one, notification=replace(one.notification, core_status=""), answers={REQUEST.reference: Found(record)}
    )
    _, (step,) = dispose(one, {REQUEST.reference: REQUEST}, make_tenant(), now=NOW)
    assert step.events[-1].core_status == "THE_RECORDS"


PAID_AT, EXPIRED_AT = NOW - timedelta(minutes=3), NOW - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("news", "at"), [(StatusUpdate(money=Money.PAID), PAID_AT), (StatusUpdate(link=Link.EXPIRED), EXPIRED_AT)]
)
def test_the_history_has_the_time_of_what_a_callback_is_about(news: StatusUpdate, at: datetime) -> None:
    """The core's record of a link that was paid and has expired since shows both times."""
    both = StatusUpdate(link=Link.EXPIRED, money=Money.PAID)
    record = replace(CORE_RECORD, news=both, captured=Decimal(115), decided_at=PAID_AT, expires_at=EXPIRED_AT)
    one = replace(received(news, proven=True), answers={REQUEST.reference: Found(record)})
    disposition, (step,) = dispose(one, {REQUEST.reference: REQUEST}, make_tenant(), now=NOW)
    assert disposition.verdict is Verdict.APPLIED
    assert [event.occurred_at for event in step.events] == [at]
