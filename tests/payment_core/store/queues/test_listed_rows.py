"""What people, scrapes and workers are shown of the queues: what fits a filter, what waits, and since when to search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from payment_core.domain.attempt import Attempt, AttemptKind, AttemptState
from payment_core.domain.enums import MessageStatus
from payment_core.domain.link import Link
from payment_core.domain.settlement import Attention
from payment_core.services import Core
from payment_core.store import gauges, health_facts, leases
from payment_core.store.deliveries import deliveries, delivery_list, replays
from payment_core.store.deliveries.delivery_list import DeliveryFilter
from payment_core.store.incoming import missed_searches, webhooks
from payment_core.store.links import attempts, links, rechecks
from payment_core.store.schema import tables
from tests.payment_core.conftest import APPLICATION, MERCHANT, NOW, stored_news
from tests.payment_core.fakes import MovableClock
from tests.payment_core.notifying.couriers import queue

# The conditions are the same on both databases.
pytestmark = pytest.mark.parametrize("core_database_url", ["sqlite"], indirect=True)
MINE, SECOND, MINUTE = MERCHANT.merchant_id, timedelta(seconds=1), timedelta(minutes=1)
TABLE = tables.deliveries


@pytest.fixture
def three(core: Core) -> Core:
    """Three notifications, a second apart; the last is parked, of another link and application."""
    queue(core, "a", "first", "second", "third")
    with core.transactions.write() as work:
        for number, event in enumerate(("first", "second", "third")):
            changes: dict[str, Any] = {"created_at": NOW + number * SECOND, "reference": "link_1"}
            if event == "third":
                changes |= {"state": "parked", "reference": "link_2", "application_id": "another"}
            work.connection.execute(update(TABLE).where(TABLE.c.event == event).values(changes))
    return core


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "first second third"),
        ({"merchant_id": MINE}, "first second third"),
        ({"merchant_id": "another"}, ""),
        ({"reference": "link_1"}, "first second"),
        ({"state": "parked"}, "third"),
        ({"state": "delivered"}, ""),
        ({"application_id": APPLICATION.application_id}, "first second"),
        ({"first": 2}, "second third"),
        ({"last": 2}, "first second"),
        ({"first": 2, "last": 2}, "second"),
        ({"before": 2}, "first"),
        ({"since": NOW + SECOND}, "second third"),
        ({"since": NOW + SECOND, "state": "pending"}, "second"),
        # A number that no row can have finds what it says, and is no error.
        ({"first": 10**30}, ""),
        ({"last": 10**30}, "first second third"),
    ],
)
def test_a_list_of_notifications_has_what_fits_all_that_was_asked_for(
    three: Core, wanted: dict[str, Any], found: str
) -> None:
    with three.transactions.read() as work:
        shown = delivery_list.find(work, DeliveryFilter(**wanted), most=None)
        assert [one["event"] for one in shown] == found.split()
        assert delivery_list.count(work, DeliveryFilter(**wanted)) == len(found.split())


def test_the_newest_are_listed_from_the_oldest_on_each_with_its_own_attempts(three: Core) -> None:
    answered = deliveries.Answer(503, "busy", None, 12)
    with three.transactions.write() as work:
        claim = deliveries.Claim(APPLICATION.application_id, now=NOW, until=NOW + MINUTE, lease="one.1", most=9)
        for number in (1, 2):
            (first,) = deliveries.claim_due(work, claim)
            at = NOW + number * SECOND
            deliveries.conclude(work, first, answered, lease="one.1", state="pending", due_at=NOW, now=at)
        listed = delivery_list.listed(work, merchant_id=MINE, most=2)
        (oldest,) = delivery_list.listed(work, reference="link_1")[:1]
        assert delivery_list.counted(work) == {"pending": 2, "delivered": 0, "parked": 1, "abandoned": 0}
    assert [one["event"] for one in listed] == ["second", "third"]
    assert [one["attempts"] for one in listed] == [[], []]
    assert [(one["number"], one["status"], one["answer"]) for one in oldest["attempts"]] == [
        (1, 503, "busy"),
        (2, 503, "busy"),
    ]
    assert {one["url"] for one in oldest["attempts"]} == {APPLICATION.settings_url}


def test_what_has_ended_is_sent_again_once_for_each_time_that_it_was_shown(three: Core) -> None:
    """A button that is pressed twice on one page sends nothing twice."""

    def again(seen: int | None, **wanted: Any) -> int:
        with three.transactions.write() as work:
            number = replays.count_replayable(work, DeliveryFilter(**wanted))
            done = replays.replay(work, DeliveryFilter(**wanted), now=NOW + MINUTE, seen=seen)
            assert done in (0, number)
            work.connection.execute(update(TABLE).where(TABLE.c.queued_at == NOW + MINUTE).values(due_at=None))
            return done

    assert again(None) == 0, "what waits anyway is not queued twice"
    with three.transactions.write() as work:
        first = TABLE.c.event == "first"
        work.connection.execute(update(TABLE).where(first).values(due_at=None, state="delivered"))
    assert [again(seen, first=1, last=1) for seen in (1, 0, 0, 1, None)] == [0, 1, 0, 1, 1]
    with three.transactions.read() as work:
        rows = {row.event: row for row in work.connection.execute(TABLE.select())}
    assert (rows["first"].state, rows["first"].queued_at, rows["first"].replays) == ("pending", NOW + MINUTE, 3)
    assert [rows[one].replays for one in ("second", "third")] == [0, 0]


def test_a_scrape_counts_what_waits_and_how_late_it_is(core: Core, make_link: Callable[..., Link]) -> None:
    link, over = make_link(), make_link(caller_reference="over")
    attempt = Attempt("att_1", link.reference, MINE, AttemptKind.PAGE, AttemptState.OPEN, "key", NOW, None)
    with core.transactions.write() as work:
        links.save(work, replace(over, payable=False, attention=Attention.DISPUTED))
        attempts.add(work, attempt)
        attempts.add(work, replace(attempt, attempt_id="att_2", key="2", state=AttemptState.ENDED))
        work.connection.execute(TABLE.delete())
        work.connection.execute(update(tables.messages).values(due_at=None))
    queue(core, "a", "first", "second", "third")
    stored_news(core, "evt_1", {"kind": "fate"})
    with core.transactions.write() as work:
        for event, due_at, state in (("first", NOW - MINUTE, "pending"), ("second", NOW, "pending")):
            work.connection.execute(update(TABLE).where(TABLE.c.event == event).values(due_at=due_at, state=state))
        parked = update(TABLE).where(TABLE.c.event == "third").values(due_at=None, state="parked")
        work.connection.execute(parked)
        found = gauges.levels(work, now=NOW)
        early = gauges.levels(work, now=NOW - 2 * MINUTE)
    assert (found.payable, found.attention, found.live_attempts) == (1, {"disputed": 1}, {"open": 1})
    assert (found.waiting, found.parked) == ({"messages": 0, "webhooks": 1, "deliveries": 2}, 1)
    assert found.overdue_seconds == {"messages": 0.0, "webhooks": 0.0, "deliveries": 60.0}
    assert early.overdue_seconds["deliveries"] == 0.0, "what is due later is not late"
    assert found.workers is None, "the one process of an embedded database gives no signs"


def test_a_search_goes_on_where_the_one_before_ended_and_only_once_at_a_time(core: Core) -> None:
    def claim(at: datetime, merchant_id: str = MINE, what: str = "reports") -> datetime | None:
        with core.transactions.write() as work:
            return missed_searches.claim(work, merchant_id, what, now=at, next_at=at + MINUTE, first=NOW - 9 * MINUTE)

    assert claim(NOW) == NOW - 9 * MINUTE
    assert claim(NOW + MINUTE - SECOND) is None, "another searches, or has"
    assert claim(NOW, "another") == claim(NOW, what="replies") == NOW - 9 * MINUTE
    assert claim(NOW + MINUTE) == NOW - 9 * MINUTE, "what was not concluded is searched again"
    with core.transactions.write() as work:
        missed_searches.conclude(work, MINE, "reports", until=NOW)
    assert claim(NOW + 2 * MINUTE) == NOW
    assert claim(NOW + 2 * MINUTE, "another") == claim(NOW + 2 * MINUTE, what="replies") == NOW - 9 * MINUTE


def test_an_examination_is_told_of_what_is_unknown_or_late_and_of_the_last_of_each(
    core: Core, make_link: Callable[..., Link]
) -> None:
    link, over = make_link(), make_link(caller_reference="over")
    with core.transactions.write() as work:
        links.save(work, replace(over, payable=False))
        status = MessageStatus.UNKNOWN.value
        mine = tables.messages.c.reference == link.reference
        work.connection.execute(update(tables.messages).where(mine).values(status=status))
        assert health_facts.unknown_messages(work, since=NOW - SECOND) == 1
        assert health_facts.unknown_messages(work, since=NOW) == 0
        assert health_facts.overdue_links(work, before=link.expires_at) == 0
        assert health_facts.overdue_links(work, before=link.expires_at + SECOND) == 1
        assert health_facts.last_webhook(work, MINE, "fake") is None
    stored_news(core, "evt_1", {"kind": "fate"})
    with core.transactions.write() as work:
        assert health_facts.last_webhook(work, MINE, "fake") == NOW
        assert health_facts.last_webhook(work, MINE, "stripe") is None


def test_the_last_report_and_the_last_attempt_are_the_newest_whichever_was_stored_last(
    core: Core, make_link: Callable[..., Link], clock: MovableClock
) -> None:
    """By an older report an account would be called silent, and by an older attempt nobody would be told that it is."""
    link = make_link()
    for place, minutes in enumerate((1, 1, -2)):
        clock.move(minutes=minutes)
        stored_news(core, f"evt_{place}", {"kind": "fate"})
        state = AttemptState.ENDED
        attempt = Attempt(f"a{place}", link.reference, MINE, AttemptKind.PAGE, state, f"key {place}", clock(), None)
        with core.transactions.write() as work:
            attempts.add(work, attempt)
    with core.transactions.read() as work:
        assert health_facts.last_webhook(work, MINE, "fake") == NOW + 2 * MINUTE
        assert health_facts.last_attempt(work, MINE) == NOW + 2 * MINUTE


@pytest.mark.parametrize(
    ("merchant_id", "provider", "verdict", "ago", "is_found"),
    [
        (MINE, "stripe", "unknown", 1, True),
        ("mer_other", "stripe", "unknown", 1, False),
        (MINE, "fake", "unknown", 1, False),
        (MINE, "stripe", "done", 1, False),
        (MINE, "stripe", "unknown", -1, False),
    ],
)
def test_what_an_account_reported_of_payments_that_are_not_here_is_found_by_its_merchant(
    core: Core, merchant_id: str, provider: str, verdict: str, ago: int, is_found: bool
) -> None:
    news = stored_news(core, "evt_1", {"kind": "fate"}, merchant_id=merchant_id, provider=provider)
    with core.transactions.write() as work:
        claimed = webhooks.claim(work, news, now=NOW, until=NOW + MINUTE, lease="one.1")
        assert claimed is not None
        webhooks.conclude(work, claimed, verdict, lease="one.1", due_at=None)
        found = webhooks.of_unknown(work, MINE, "stripe", since=NOW - ago * SECOND)
    assert [one.event_id for one in found] == ["evt_1"] * is_found


@pytest.mark.parametrize(("version", "is_written"), [(None, True), (1, False), (2, True)])
def test_a_link_is_looked_at_once_more_unless_it_changed_since(
    core: Core, make_link: Callable[..., Link], version: int | None, is_written: bool
) -> None:
    link, other = make_link(), make_link(caller_reference="other")
    with core.transactions.write() as work:
        for one in (link, other):
            work.connection.execute(
                update(tables.links).where(tables.links.c.reference == one.reference).values(version=2, look_at=None)
            )
        rechecks.look_again(work, link.reference, at=NOW, version=version)
        assert rechecks.references_to_look_at(work, now=NOW - SECOND, most=9) == []
        found = rechecks.references_to_look_at(work, now=NOW, most=9)
        assert found == ([link.reference] if is_written else [])


def test_what_one_process_claimed_is_released_and_what_another_did_stays(three: Core) -> None:
    owners = {"first": "web1.a", "second": "web12.a", "third": "web2.a"}

    def held() -> list[str | None]:
        query = TABLE.select().order_by(TABLE.c.delivery_id)
        rows = work.connection.execute(query).all()
        # Either: a row whose time is left would be nobody's and yet be taken by nobody until it is over.
        assert [row.lease is None for row in rows] == [row.lease_until is None for row in rows]
        return [row.lease for row in rows]

    with three.transactions.write() as work:
        for event, lease in owners.items():
            mine = update(TABLE).where(TABLE.c.event == event)
            work.connection.execute(mine.values(lease=lease, lease_until=NOW + MINUTE))
        leases.release_owner(work, "web1")
        assert held() == [None, "web12.a", "web2.a"]
        leases.release_all(work)
        assert held() == [None, None, None]
