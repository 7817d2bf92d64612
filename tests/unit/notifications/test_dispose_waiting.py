"""What a page is told of news that the core's record does not show yet, and what becomes of that news."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.payments.status import Link, States, StatusUpdate
from connector.journeys.notifications.apply_notification import AppliedStep, ReceivedNotification, dispose
from connector.journeys.notifications.await_record import held_wait
from connector.journeys.notifications.confirm_notification import CoreAnswer, NotYet
from connector.journeys.notifications.find_record import Found
from connector.store.inbox.inbox import Disposition, Verdict
from tests.factories import make_tenant
from tests.unit.examples import CORE_RECORD, NOW
from tests.unit.notifications.test_dispose import CLICKED, EXPIRED, PAID, REQUEST, received

LATER, MUCH_LATER = NOW + timedelta(seconds=5), NOW + timedelta(days=1)
EARLIER = NOW - timedelta(minutes=1)
DENIED, AWAY = Found(CORE_RECORD), NotYet("core_unreachable")


def waiting(
    news: StatusUpdate, answer: CoreAnswer, *, proven: bool = True, attempts: int = 1, **changes: Any
) -> ReceivedNotification:
    one = received(news, proven=proven)
    return replace(
        one,
        entry=replace(one.entry, attempts=attempts, reason="core_says_otherwise"),
        notification=replace(one.notification, **changes),
        answers={REQUEST.reference: answer},
    )


def disposed(one: ReceivedNotification, now: datetime = LATER, **changes: Any) -> tuple[Disposition, AppliedStep]:
    present = replace(REQUEST, **changes)
    disposition, (step,) = dispose(one, {present.reference: present}, make_tenant(), now=now)
    return disposition, step


@pytest.mark.parametrize(
    ("news", "changes", "end_reported_at", "awaiting"),
    [
        pytest.param(PAID, {}, None, True, id="money"),
        pytest.param(EXPIRED, {}, NOW, False, id="an end"),
        pytest.param(EXPIRED, {"end_reported_at": EARLIER}, EARLIER, False, id="an end that was reported before"),
        pytest.param(
            EXPIRED, {"live": False, "states": States(link=Link.SENT)}, None, False, id="an end of what is closed here"
        ),
        pytest.param(CLICKED, {}, None, False, id="a click, which no page waits for"),
    ],
)
@pytest.mark.parametrize("answer", [DENIED, AWAY], ids=["denied", "away"])
def test_a_page_is_told_of_money_and_of_an_end_that_the_record_does_not_show_yet(
    answer: CoreAnswer, news: StatusUpdate, changes: dict[str, Any], end_reported_at: datetime | None, awaiting: bool
) -> None:
    disposition, step = disposed(waiting(news, answer), **changes)
    assert disposition.verdict is Verdict.AWAITING_CONFIRMATION
    assert (step.after.end_reported_at, step.after.awaiting_confirmation) == (end_reported_at, awaiting)


@pytest.mark.parametrize("news", [PAID, EXPIRED], ids=["money", "an end"])
def test_what_the_record_denies_for_good_is_taken_off_the_page(news: StatusUpdate) -> None:
    reported: dict[str, Any] = {"awaiting_confirmation": True} if news is PAID else {"end_reported_at": NOW}
    disposition, step = disposed(waiting(news, DENIED, attempts=99), MUCH_LATER, sent_at=NOW, **reported)
    assert disposition.verdict is Verdict.ANOMALY
    assert (step.after.end_reported_at, step.after.awaiting_confirmation) == (None, False)


@pytest.mark.parametrize("answer", [DENIED, AWAY], ids=["denied", "away"])
def test_a_body_that_anybody_may_have_sent_is_told_to_no_page(answer: CoreAnswer) -> None:
    for news in (PAID, EXPIRED):
        disposition, step = disposed(waiting(news, answer, proven=False))
        assert disposition.verdict is Verdict.AWAITING_CONFIRMATION
        assert (step.after.end_reported_at, step.after.awaiting_confirmation) == (None, False)


@pytest.mark.parametrize(
    ("error", "verdict", "reason"),
    [
        (None, Verdict.STALE, "unproven:core_says_otherwise"),
        ("fields:total", Verdict.UNREADABLE, "unproven:fields:total"),
    ],
)
def test_without_a_proof_what_the_record_denies_for_good_is_dropped_and_never_an_anomaly(
    error: str | None, verdict: Verdict, reason: str
) -> None:
    one = waiting(PAID, DENIED, proven=False, attempts=99, error=error, currency="EUR")
    disposition, _ = disposed(one, MUCH_LATER)
    assert (disposition.verdict, disposition.reason) == (verdict, reason)


def test_news_that_names_another_amount_is_an_anomaly_once_the_core_was_asked_and_waits_before() -> None:
    asked, _ = disposed(waiting(PAID, DENIED, currency="EUR"))
    assert (asked.verdict, asked.reason) == (Verdict.ANOMALY, "mismatch:currency")
    unasked, _ = disposed(waiting(PAID, AWAY, currency="EUR"))
    assert (unasked.verdict, unasked.reason) == (Verdict.AWAITING_CONFIRMATION, "core_unreachable")


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize(
    ("before", "answer", "attempts"),
    [
        pytest.param("core_says_otherwise", DENIED, 3, id="denied as before"),
        pytest.param("core_unreachable", DENIED, 1, id="the first answer after an outage"),
        pytest.param("core_unreachable", AWAY, 3, id="away as before"),
    ],
)
def test_only_what_the_core_answered_counts_against_news(
    proven: bool, before: str, answer: CoreAnswer, attempts: int
) -> None:
    one = waiting(PAID, answer, proven=proven, attempts=3)
    disposition, _ = disposed(replace(one, entry=replace(one.entry, reason=before)))
    assert (disposition.attempts, disposition.due_at) == (attempts, LATER + held_wait(attempts))
