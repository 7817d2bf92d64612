"""How long news waits for the core's record, and when the core is asked about it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.core.lifecycle import lifecycle
from connector.domain.payments.status import Link, States
from connector.journeys.notifications.await_record import (
    Wait,
    await_end,
    await_record,
    end_pause,
    held_wait,
    was_just_asked,
)
from connector.store.inbox.inbox import InboxEntry
from tests.unit.examples import NOW, make_request

ENTRY = InboxEntry(b"d", "acme", "transaction-status", b"{}", NOW, 1, 1, None, "w1.1")
LINK = make_request(states=States(link=Link.SENT), live=True)
OVER = LINK.over_at(lifecycle()) + lifecycle().grace
LAG, OUTAGE = "core_says_otherwise", "core_unreachable"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("attempts", [1, 2, 3, 9, 500])
def test_what_is_held_waits_twice_as_long_each_time_and_a_minute_at_most(attempts: int) -> None:
    assert held_wait(attempts) == min(2 ** min(attempts - 1, 9), 60) * SECOND
    assert held_wait(attempts, longest=timedelta(minutes=10)) == min(2 ** min(attempts - 1, 20), 600) * SECOND


@pytest.mark.parametrize(
    "lag", ["core_does_not_know_link", "core_says_otherwise", "core_cannot_look_up", "question_failed"]
)
@pytest.mark.parametrize(
    ("attempts", "before", "counted"),
    [
        pytest.param(1, None, 1, id="the first answer"),
        pytest.param(9, OUTAGE, 1, id="the first answer after an outage"),
        pytest.param(5, LAG, 5, id="the fifth answer"),
        pytest.param(6, LAG, None, id="the sixth answer contradicts it"),
        pytest.param(6, OUTAGE, 1, id="one answer, and five times none"),
    ],
)
def test_news_waits_for_a_record_that_lags_until_its_sixth_answer(
    lag: str, attempts: int, before: str | None, counted: int | None
) -> None:
    entry = replace(ENTRY, attempts=attempts, reason=before)
    wait = None if counted is None else Wait(NOW + held_wait(counted), counted)
    assert await_record(entry, LINK, lag, now=NOW) == wait


@pytest.mark.parametrize("before", [None, LAG, OUTAGE])
def test_news_waits_for_a_core_that_is_away_without_end(before: str | None) -> None:
    entry = replace(ENTRY, attempts=99, reason=before)
    later = OVER + timedelta(days=1)
    assert await_record(entry, LINK, OUTAGE, now=later) == Wait(later + timedelta(minutes=1), 99)
    assert await_end(entry, LINK, OUTAGE, now=later) == Wait(later + timedelta(minutes=1), 99)


@pytest.mark.parametrize(
    ("attempts", "before", "now", "waits"),
    [
        pytest.param(6, LAG, OVER - SECOND, True, id="before the link's deadline"),
        pytest.param(6, LAG, OVER, False, id="at the deadline"),
        pytest.param(5, LAG, OVER, True, id="too few answers"),
        pytest.param(6, OUTAGE, OVER, True, id="the first answer after an outage"),
    ],
)
def test_an_end_that_the_record_denies_is_waited_for_until_the_links_own_deadline(
    attempts: int, before: str, now: datetime, waits: bool
) -> None:
    entry = replace(ENTRY, attempts=attempts, reason=before)
    assert (await_end(entry, LINK, LAG, now=now) is not None) is waits


@pytest.mark.parametrize(("age", "pause"), [(0, 1), (4, 1), (5, 1.25), (40, 10), (240, 60), (3600, 60)])
def test_the_older_a_reported_end_the_longer_the_pause(age: float, pause: float) -> None:
    assert end_pause(age * SECOND) == pause * SECOND
    entry = replace(ENTRY, received_at=NOW - age * SECOND)
    assert await_end(entry, LINK, LAG, now=NOW) == Wait(NOW + pause * SECOND, 1)


@pytest.mark.parametrize(
    ("attempts", "reported", "proven", "spared"),
    [
        pytest.param(1, 80, 0.9, True, id="a new report within a second"),
        pytest.param(1, 80, 1, False, id="a new report after a second"),
        pytest.param(2, 80, 9.9, True, id="an old report within half its pause"),
        pytest.param(2, 80, 10, False, id="an old report after half its pause"),
        pytest.param(2, None, 0, False, id="nothing was reported"),
        pytest.param(2, 80, None, False, id="nothing was ever proven"),
    ],
)
def test_a_core_that_has_just_denied_an_end_is_spared_the_same_question(
    attempts: int, reported: float | None, proven: float | None, spared: bool
) -> None:
    request = replace(
        LINK,
        end_reported_at=None if reported is None else NOW - reported * SECOND,
        proven_at=None if proven is None else NOW - proven * SECOND,
    )
    assert was_just_asked(replace(ENTRY, attempts=attempts), request, now=NOW) is spared
