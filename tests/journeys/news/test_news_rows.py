"""The rows of bells, events and payments: which are due, for whom, and what is said of them afterwards."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.news import Bell, Booking, EventWord, Medium, News
from connector.store.outbox import news_rows
from connector.store.outbox.news_rows import BELLS, NewsOutcome, NewsState
from foundation.database.lease import Lease
from tests.factories import long_id
from tests.journeys.world import Clock, World

ORDER, OTHER_ORDER = "801xx0000000001AAA", "801xx0000000002AAA"
LEASE = timedelta(seconds=20)


@pytest.fixture(autouse=True)
def globex(world: World) -> None:
    """A second tenant, whose rows are its own."""
    world.tenant(tenant_id="globex", org_id=long_id("00Dxx0000009zZz"), callback_key="the-key-of-globex")


def bell(reference: str = "c2p_one", *, order: str = ORDER, medium: Medium = Medium.SUPERVISORS, **more: Any) -> News:
    kind = Bell.PAID if medium is Medium.AGENT else Bell.PAID_AFTER_CLOSE
    return News(medium, kind, reference, order, 1, **more)


def event(reference: str = "c2p_one", **more: Any) -> News:
    return News(Medium.EVENT, EventWord.PAID, reference, ORDER, 1, **more)


def capture(taken: str, reference: str = "c2p_one", kind: str = Booking.CAPTURED) -> News:
    return News(Medium.PAYMENT, kind, reference, ORDER, 1, taken)


def add(world: World, *news: News, tenant: str = "acme") -> None:
    with world.services.store.write() as work:
        assert news_rows.add(work, tenant, news, {}, now=world.clock()) == len(news)


def finish(world: World, *media: Medium, tenant: str = "acme", state: NewsState = NewsState.DELIVERED) -> None:
    """Claim what is due and conclude it."""
    lease = Lease.of("w1", world.clock() + LEASE)
    with world.services.store.write() as work:
        claimed = news_rows.claim(work, tenant, media, now=world.clock(), lease=lease, most=9)
        assert claimed
        outcomes = [NewsOutcome(one, state) for one in claimed]
        news_rows.conclude(work, tenant, lease, outcomes, now=world.clock())


def claimed(world: World, *media: Medium, tenant: str = "acme") -> list[str]:
    lease = Lease.of("w1", world.clock() + LEASE)
    with world.services.store.write() as work:
        found = news_rows.claim(work, tenant, media, now=world.clock(), lease=lease, most=9)
    return sorted(one.news.reference for one in found)


def test_what_is_due_soon_goes_along_with_what_is_due_and_not_by_itself(world: World, clock: Clock) -> None:
    assert claimed(world, Medium.EVENT) == []
    add(world, event("c2p_now", not_before=clock() + timedelta(seconds=1)))
    add(world, event("c2p_soon", not_before=clock() + timedelta(seconds=4)))
    add(world, event("c2p_later", not_before=clock() + timedelta(seconds=5)))
    add(world, bell("c2p_bell"))
    add(world, event("c2p_theirs"), tenant="globex")
    assert claimed(world, Medium.EVENT) == [], "neither another tenant's nor another medium's takes it along"
    clock.pass_by(seconds=1)
    assert claimed(world, Medium.EVENT) == ["c2p_now", "c2p_soon"]


def test_a_tenant_is_named_from_the_moment_in_which_its_news_is_due_until_it_is_delivered(
    world: World, clock: Clock
) -> None:
    def due() -> list[str]:
        with world.services.store.read() as work:
            return news_rows.due_tenants(work, now=clock())

    add(world, bell(), tenant="globex")
    add(world, bell(not_before=clock() + timedelta(minutes=5)))
    assert due() == ["globex"]
    finish(world, *BELLS, tenant="globex")
    assert due() == []
    clock.pass_by(minutes=5)
    assert due() == ["acme"]


def test_what_is_called_without_an_answer_is_called_again_unless_it_rings_a_bell(world: World, clock: Clock) -> None:
    media = (*BELLS, Medium.EVENT, Medium.PAYMENT)
    everything = [
        bell("c2p_agent", medium=Medium.AGENT),
        bell("c2p_bell"),
        event("c2p_event"),
        capture("9", "c2p_paid"),
    ]
    add(world, *everything)
    add(world, bell("c2p_theirs"), tenant="globex")
    claimed(world, *BELLS, tenant="globex")
    assert len(claimed(world, *media)) == len(everything)
    clock.pass_by(seconds=19)
    assert claimed(world, *media) == []
    clock.pass_by(seconds=1)
    assert claimed(world, *media) == ["c2p_event", "c2p_paid"]
    found = {row["reference"]: (row["state"], row["finished_at"], row["due_at"]) for row in world.rows("payment_news")}
    assert found == {
        "c2p_agent": ("unanswered", clock(), None),
        "c2p_bell": ("unanswered", clock(), None),
        "c2p_event": ("calling", None, clock() + LEASE),
        "c2p_paid": ("calling", None, clock() + LEASE),
        "c2p_theirs": ("calling", None, clock()),
    }


def test_of_those_that_are_called_together_each_ends_by_its_own_answer(world: World, clock: Clock) -> None:
    add(world, event("c2p_one"), event("c2p_other"), event("c2p_last"), event("c2p_held"))
    lease = Lease.of("w1", clock() + LEASE)
    with world.services.store.write() as work:
        found = news_rows.claim(work, "acme", [Medium.EVENT], now=clock(), lease=lease, most=9)
        one, other, last, _ = sorted(found, key=lambda entry: entry.news.reference, reverse=True)
        outcomes = [NewsOutcome(one, NewsState.DELIVERED), NewsOutcome(other, NewsState.REFUSED, "A_CODE")]
        outcomes.append(NewsOutcome(last, NewsState.DUE, "LATER", clock() + LEASE))
        news_rows.conclude(work, "acme", lease, outcomes, now=clock())
    columns = ("state", "reason", "finished_at", "due_at", "lease")
    ended = {row["reference"]: tuple(row[name] for name in columns) for row in world.rows("payment_news")}
    assert ended == {
        one.news.reference: ("delivered", None, clock(), None, None),
        other.news.reference: ("refused", "A_CODE", clock(), None, None),
        last.news.reference: ("due", "LATER", None, clock() + LEASE, None),
        "c2p_held": ("calling", None, None, clock() + LEASE, lease.lease_id),
    }


def test_a_bell_that_is_being_rung_is_not_given_up_by_who_rings_another(world: World, clock: Clock) -> None:
    add(world, bell("c2p_first"))
    assert claimed(world, *BELLS) == ["c2p_first"]
    clock.pass_by(seconds=5)
    add(world, bell("c2p_second"))
    assert claimed(world, *BELLS) == ["c2p_second"]
    assert [row["state"] for row in world.rows("payment_news")] == ["calling", "calling"]


def test_what_gathered_is_claimed_in_the_order_in_which_it_became_news(world: World, clock: Clock) -> None:
    # The names fall while time rises: neither the keys nor the pages of a database may decide.
    told = [f"c2p_{letter}" for letter in "hgfedcba"]
    for version, reference in enumerate(told):
        clock.pass_by(seconds=version % 2)  # one conclusion may hold two versions of one moment
        add(world, News(Medium.EVENT, EventWord.PAID, reference, ORDER, version))
    lease = Lease.of("w1", clock() + LEASE)
    with world.services.store.write() as work:
        found = news_rows.claim(work, "acme", (Medium.EVENT,), now=clock(), lease=lease, most=9)
    assert [one.news.reference for one in found] == told


def test_every_claim_counts_as_a_try(world: World, clock: Clock) -> None:
    add(world, event())
    tries = []
    for _ in range(2):
        with world.services.store.write() as work:
            lease = Lease.of("w1", clock() + LEASE)
            (entry,) = news_rows.claim(work, "acme", [Medium.EVENT], now=clock(), lease=lease, most=9)
        tries.append(entry.attempts)
        clock.pass_by(seconds=20)
    assert tries == [1, 2]


def test_only_the_asked_media_of_one_tenant_are_claimed(world: World) -> None:
    add(world, bell("c2p_bell"), event("c2p_event"))
    add(world, event("c2p_event"), event("c2p_theirs"), tenant="globex")
    assert claimed(world, Medium.EVENT) == ["c2p_event"]
    assert claimed(world, *BELLS) == ["c2p_bell"]
    assert claimed(world, Medium.EVENT, tenant="globex") == ["c2p_event", "c2p_theirs"]


def test_an_org_without_room_for_events_gets_all_of_its_own_later_and_nothing_else_waits(
    world: World, clock: Clock
) -> None:
    until = clock() + timedelta(hours=1)
    add(world, event("c2p_event"), event("c2p_last", not_before=until + timedelta(minutes=1)), bell("c2p_bell"))
    add(world, event("c2p_theirs"), tenant="globex")
    with world.services.store.write() as work:
        news_rows.postpone_events(work, "acme", until=until)
    due = {row["reference"]: row["due_at"] for row in world.rows("payment_news")}
    now = clock()
    assert due == {
        "c2p_event": until,
        "c2p_last": until + timedelta(minutes=1),
        "c2p_bell": now,
        "c2p_theirs": now,
    }


def test_an_event_that_is_being_published_keeps_its_lease_where_the_others_wait(world: World, clock: Clock) -> None:
    add(world, event())
    claimed(world, Medium.EVENT)
    with world.services.store.write() as work:
        news_rows.postpone_events(work, "acme", until=clock() + timedelta(hours=1))
    assert world.row("payment_news")["due_at"] == clock() + LEASE


def test_supervisors_know_only_what_salesforce_took_for_them_order_by_order(world: World) -> None:
    add(world, bell("c2p_one"), bell("c2p_other", order=OTHER_ORDER), bell("c2p_agent", medium=Medium.AGENT))
    add(world, bell("c2p_theirs"), tenant="globex")
    finish(world, *BELLS)
    finish(world, *BELLS, tenant="globex")
    add(world, bell("c2p_refused"))
    finish(world, *BELLS, state=NewsState.REFUSED)
    add(world, bell("c2p_due"))
    with world.services.store.read() as work:
        taken = news_rows.bells_taken_for_supervisors(work, "acme", [ORDER, OTHER_ORDER])
    assert taken == {
        ORDER: frozenset({"c2p_one:paid_after_close"}),
        OTHER_ORDER: frozenset({"c2p_other:paid_after_close"}),
    }


def test_what_was_taken_is_listed_by_payment_without_what_was_given_back_or_is_anothers(world: World) -> None:
    add(world, capture("40"), capture("115"), capture("20", kind=Booking.REVERSED), capture("9", "c2p_other"))
    add(world, event(fact="115"))
    add(world, capture("77"), tenant="globex")
    with world.services.store.read() as work:
        found = news_rows.captures_of(work, "acme", ["c2p_one"])
    assert {reference: sorted(taken) for reference, taken in found.items()} == {"c2p_one": [Decimal(40), Decimal(115)]}


def test_the_report_counts_what_is_open_and_what_ended_since_the_given_moment(world: World, clock: Clock) -> None:
    add(world, bell("c2p_one"), bell("c2p_other"))
    finish(world, *BELLS)
    clock.pass_by(seconds=1)
    since = clock()
    add(world, event())
    finish(world, Medium.EVENT, state=NewsState.REFUSED)
    add(world, capture("40"))
    add(world, capture("77"), tenant="globex")
    clock.pass_by(days=1)
    with world.services.store.read() as work:
        assert news_rows.states_of(work, "acme", since=since) == {
            ("event", "refused", None): 1,
            ("payment", "due", None): 1,
        }


def test_only_bells_of_agents_are_forgotten_once_they_are_old(world: World, clock: Clock) -> None:
    everything = [bell("c2p_agent", medium=Medium.AGENT), bell(), event(), capture("40")]
    add(world, *everything, bell("c2p_open", medium=Medium.AGENT, not_before=clock() + timedelta(days=2)))
    finish(world, *BELLS, Medium.EVENT, Medium.PAYMENT)

    def forgotten() -> int:
        with world.services.store.write() as work:
            return news_rows.forget(work, finished_before=clock())

    assert forgotten() == 0
    clock.pass_by(days=1)
    assert forgotten() == 1
    assert "c2p_agent" not in {row["reference"] for row in world.rows("payment_news")}
    assert len(world.rows("payment_news")) == len(everything)


def test_a_fact_is_news_once_for_each_medium_and_each_request(world: World) -> None:
    add(world, event(fact="115"), bell())
    add(world, event("c2p_other", fact="115"), event(fact="120"), capture("115"))
    add(world, event(fact="115"), tenant="globex")
    with world.services.store.write() as work:
        later = News(Medium.EVENT, EventWord.PAID, "c2p_one", ORDER, 2, "115")
        assert news_rows.add(work, "acme", [later, bell()], {}, now=world.clock()) == 0
