"""What no webhook brought is searched for now and then: from where the last search ended, and no further than lists reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from payment_core.domain.enums import Channel
from payment_core.domain.merchant import Merchant
from payment_core.errors import TryLater
from payment_core.gateways.gateway import PaymentIds, Sighting
from payment_core.journeys.replying.receive_reply import receive_reply
from payment_core.journeys.webhooks.find_missed_replies import missed_replies
from payment_core.journeys.webhooks.find_missed_reports import missed_reports
from payment_core.journeys.webhooks.find_missed_webhooks import Missed, MissedNewsSearch
from payment_core.journeys.webhooks.read_webhooks import read_due
from payment_core.messengers.messenger import Reply
from payment_core.services import Core
from payment_core.store import phone_key
from payment_core.store.messages import opt_outs
from payment_core.store.schema.tables import webhooks
from tests.payment_core.conftest import CUSTOMER, NOW, stored_news
from tests.payment_core.fakes import FakeGateway, FakeMessenger, MovableClock

EVERY, GRACE, LONGEST = timedelta(minutes=10), timedelta(minutes=2), timedelta(days=1)
# Lists show some news late: each search begins so long before the end of the one before.
AGAIN = timedelta(minutes=10)
NEWS = {"kind": "fate"}


class List:
    """What a provider lists, and for which times it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[datetime, datetime]] = []
        self.news: list[Missed] = []
        self.is_away = False

    def __call__(self, core: Core, merchant: Merchant, since: datetime, before: datetime) -> list[Missed]:
        self.asked.append((since, before))
        if self.is_away:
            raise TryLater("the provider does not answer")
        return self.news


@pytest.fixture
def listed() -> List:
    return List()


def search(listed: List) -> MissedNewsSearch:
    return MissedNewsSearch("tests", listed, every=EVERY, grace=GRACE, longest=LONGEST)


def test_each_search_begins_where_the_one_before_ended(core: Core, clock: MovableClock, listed: List) -> None:
    searching = search(listed)
    searching(core)
    searching(core)
    assert listed.asked == [(NOW - timedelta(minutes=10) - AGAIN, NOW - GRACE)], "it is not due yet"
    clock.move(minutes=9, seconds=59)
    searching(core)
    assert len(listed.asked) == 1
    clock.move(seconds=1)
    assert search(listed)(core) == 0, "by whichever process"
    assert listed.asked[1] == (NOW - GRACE - AGAIN, clock() - GRACE)


def test_a_search_that_failed_is_made_up_for_by_the_next(core: Core, clock: MovableClock, listed: List) -> None:
    search(listed)(core)
    listed.is_away = True
    clock.move(minutes=10)
    assert search(listed)(core) == 0
    listed.is_away = False
    clock.move(minutes=10)
    search(listed)(core)
    assert [since for since, _ in listed.asked[1:]] == [NOW - GRACE - AGAIN] * 2


def test_an_outage_is_made_up_for_as_far_as_lists_reach(core: Core, clock: MovableClock, listed: List) -> None:
    search(listed)(core)
    clock.move(days=9)
    search(listed)(core)
    assert listed.asked[1] == (clock() - LONGEST, clock() - GRACE)


def test_a_process_looks_once_a_minute_whether_a_search_is_due(
    core: Core, clock: MovableClock, listed: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching = search(listed)
    looked: list[Any] = []
    monkeypatch.setattr(searching, "of_all", lambda _: looked.append(clock()) or 0)
    for seconds in (0, 59, 1):
        clock.move(seconds=seconds)
        searching(core)
    assert looked == [NOW, NOW + timedelta(minutes=1)]


def test_news_that_a_webhook_brought_is_taken_once_and_the_rest_wakes_a_worker(
    core: Core, clock: MovableClock, listed: List
) -> None:
    stored_news(core, "known", NEWS)
    listed.news = [Missed("fake", one, NEWS) for one in ("known", "missed")]
    core.wake.webhooks.clear()
    assert search(listed)(core) == 1
    assert core.wake.webhooks.is_set()
    core.wake.webhooks.clear()
    clock.move(minutes=10)
    assert search(listed)(core) == 0
    assert not core.wake.webhooks.is_set()


@pytest.mark.parametrize(
    ("search_for", "every", "longest"),
    [
        (missed_replies, timedelta(minutes=2), timedelta(days=7)),
        # As far back as Stripe lists events.
        (missed_reports, timedelta(minutes=10), timedelta(days=30)),
    ],
)
@pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
def test_each_kind_of_news_is_searched_for_as_often_as_it_matters_and_as_far_back_as_it_is_listed(
    core: Core, clock: MovableClock, gateway: FakeGateway, messenger: FakeMessenger, monkeypatch: pytest.MonkeyPatch,
    search_for: Callable[[], MissedNewsSearch], every: timedelta, longest: timedelta,
) -> None:  # fmt: skip
    asked: list[datetime] = []

    def listing(*, since: datetime) -> list[Any]:
        asked.append(since)
        return []

    monkeypatch.setattr(gateway, "reports", listing)
    monkeypatch.setattr(messenger, "replies", listing)
    for seconds, times in ((0.0, 1), (every.total_seconds() - 1, 1), (1.0, 2)):
        clock.move(seconds=seconds)
        search_for()(core)
        assert len(asked) == times
    clock.move(days=99)
    search_for()(core)
    assert asked[-1] == clock() - longest


def test_what_was_reported_a_moment_ago_is_left_to_its_webhook(
    core: Core, merchant: Merchant, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = core.gateways.of(merchant, merchant.gateway)
    times = {"old": GRACE, "young": GRACE - timedelta(seconds=1), "of no time": None}
    seen = [
        Sighting(name, "review.opened", PaymentIds(None, "pay_1"), clock() - age if age is not None else None)
        for name, age in times.items()
    ]
    monkeypatch.setattr(gateway, "reports", lambda *, since: seen)
    assert len(missed_reports().of_one(core, merchant, since=NOW)) == 1


def test_what_was_written_a_moment_ago_or_is_known_is_left_alone(
    core: Core, merchant: Merchant, clock: MovableClock, messenger: FakeMessenger
) -> None:
    minute = timedelta(minutes=1)
    ages = {"known": minute, "old": minute, "young": minute - timedelta(seconds=1), "of no time": None}
    messenger.written = [
        Reply(name, Channel.SMS, CUSTOMER, "hello", occurred_at=clock() - age if age is not None else None)
        for name, age in ages.items()
    ]
    receive_reply(core, merchant, messenger.written[0])
    (found,) = missed_replies().of_one(core, merchant, since=NOW - minute)
    with core.transactions.read() as work:
        stored = work.connection.execute(select(webhooks).where(webhooks.c.webhook_id == found)).one()
    assert stored.event_id == "listed old"
    assert bytes(stored.phone_key) == bytes(phone_key.of(core, merchant.merchant_id, CUSTOMER)), "to be erased by it"


@pytest.mark.both_databases
@pytest.mark.parametrize("words", [("STOP", "START"), ("START", "STOP")])
def test_of_the_words_that_were_missed_together_the_last_one_counts(
    core: Core, merchant: Merchant, clock: MovableClock, messenger: FakeMessenger, words: tuple[str, ...]
) -> None:
    # Ids of a provider are random: here they fall while time rises.
    messenger.written = [
        Reply(f"id {9 - place}", Channel.SMS, CUSTOMER, word, occurred_at=clock.move(minutes=1))
        for place, word in enumerate(words)
    ]
    clock.move(minutes=5)
    found = missed_replies().of_one(core, merchant, since=NOW)
    with core.transactions.read() as work:
        one_by_one = select(webhooks.c.webhook_id).order_by(webhooks.c.due_at, webhooks.c.webhook_id.desc())
        assert list(work.connection.execute(one_by_one).scalars()) == found, (
            "due in the order in which they were written"
        )
    assert len(found) == len(words)
    read_due(core, owner="w1")
    assert is_stopped(core, merchant) is (words[-1] == "STOP")


def is_stopped(core: Core, merchant: Merchant) -> bool:
    key = phone_key.of(core, merchant.merchant_id, CUSTOMER)
    with core.transactions.read() as work:
        return opt_outs.is_stopped(work, merchant.merchant_id, key, Channel.SMS)


def test_a_stop_that_is_listed_without_a_time_counts_as_heard_now_and_is_taken_once(
    core: Core, merchant: Merchant, clock: MovableClock, messenger: FakeMessenger
) -> None:
    messenger.written = [Reply("undated", Channel.SMS, CUSTOMER, "STOP")]
    assert len(missed_replies().of_one(core, merchant, since=NOW)) == 1
    read_due(core, owner="w1")
    assert is_stopped(core, merchant)
    # Listed again until its day is over: it stops nobody who has written START since.
    clock.move(minutes=2)
    receive_reply(core, merchant, Reply("later", Channel.SMS, CUSTOMER, "START"))
    clock.move(minutes=2)
    assert missed_replies().of_one(core, merchant, since=NOW) == []
    receive_reply(core, merchant, messenger.written[0])
    assert not is_stopped(core, merchant)


def test_what_opens_or_pays_is_not_taken_from_a_list_that_does_not_say_when_it_was_written(
    core: Core, merchant: Merchant, clock: MovableClock, messenger: FakeMessenger
) -> None:
    receive_reply(core, merchant, Reply("dated", Channel.SMS, CUSTOMER, "STOP"))
    clock.move(minutes=5)
    words = ("START", "YES", "A1", "hello", "forget")
    messenger.written = [Reply(f"undated {word}", Channel.SMS, CUSTOMER, word) for word in words]
    (found,) = missed_replies().of_one(core, merchant, since=NOW)
    with core.transactions.read() as work:
        stored = work.connection.execute(select(webhooks).where(webhooks.c.webhook_id == found)).one()
    assert stored.event_id == "listed undated forget"
    read_due(core, owner="w1")
    assert is_stopped(core, merchant)


@pytest.mark.both_databases
@pytest.mark.parametrize("stopped_before", [False, True])
def test_a_start_that_is_found_behind_a_later_stop_opens_nothing(
    core: Core, merchant: Merchant, clock: MovableClock, messenger: FakeMessenger, stopped_before: bool
) -> None:
    if stopped_before:
        receive_reply(core, merchant, Reply("first", Channel.SMS, CUSTOMER, "STOP"))
    messenger.written = [Reply("missed", Channel.SMS, CUSTOMER, "START", occurred_at=clock.move(minutes=1))]
    clock.move(seconds=30)
    receive_reply(core, merchant, Reply("last", Channel.SMS, CUSTOMER, "STOP"))
    clock.move(minutes=5)
    assert len(missed_replies().of_one(core, merchant, since=NOW)) == 1
    read_due(core, owner="w1")
    assert is_stopped(core, merchant)
