"""An amount is one fact, however its digits were written: news of it comes once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from connector.domain.payments.news import Bell, Booking, EventWord, Medium, bells_of, bookings_of, events_of
from connector.domain.payments.payment import Person
from connector.domain.payments.status import Link, Money, States
from tests.unit.examples import NOW, make_order, make_request

WRITTEN = ["115", "115.0", "115.00"]


@pytest.mark.parametrize("taken", WRITTEN)
def test_what_was_taken_is_one_event_and_one_booking(taken: str) -> None:
    request = make_request(states=States(money=Money.PAID), captured=Decimal(taken))
    (event,) = events_of(make_order(), [request], [request], version=1, now=NOW)
    assert event.fact == "115"
    assert [one.fact for one in bookings_of([request])] == ["115"]


@pytest.mark.parametrize(("taken", "word"), [("115", EventWord.PAID), ("40", EventWord.PART_PAID)])
def test_a_flow_is_told_whether_all_was_taken(taken: str, word: EventWord) -> None:
    request = make_request(states=States(money=Money.PAID), captured=Decimal(taken))
    (event,) = events_of(make_order(), [request], [request], version=1, now=NOW)
    assert (event.kind, event.fact) == (word, taken)


def test_no_flow_hears_that_money_came_which_went_back_meanwhile() -> None:
    """The word of some cores stays as it was; a flow that ships on it would ship for nothing."""
    returned = make_request(states=States(money=Money.PAID), captured=Decimal(115), reversed=Decimal(115))
    events = events_of(make_order(), [returned], [returned], version=1, now=NOW)
    assert [(one.kind, one.fact) for one in events] == [(EventWord.REVERSED, "115")]


@pytest.mark.parametrize(
    ("age", "rings", "starts_a_flow"),
    [
        (timedelta(days=3), True, True),
        (timedelta(days=3, seconds=1), False, True),
        (timedelta(days=30), False, True),
        (timedelta(days=30, seconds=1), False, False),
    ],
)
def test_a_payment_is_news_for_three_days_and_for_flows_for_thirty(
    age: timedelta, rings: bool, starts_a_flow: bool
) -> None:
    request = make_request(states=States(money=Money.PAID), captured=Decimal(115), created_at=NOW - age)
    bells = bells_of(make_order(), [request], [request], version=1, now=NOW)
    events = events_of(make_order(), [request], [request], version=1, now=NOW)
    assert (len(bells), len(events)) == (rings, starts_a_flow)


@pytest.mark.parametrize("moved", ["money_moved_at", "finished_at", "taken_at", "attention_at"])
def test_the_last_thing_that_happened_to_a_payment_says_how_old_it_is(moved: str) -> None:
    changes: dict[str, Any] = {"created_at": NOW - timedelta(days=90), moved: NOW - timedelta(days=1)}
    request = make_request(states=States(money=Money.PAID), captured=Decimal(115), **changes)
    assert len(bells_of(make_order(), [request], [request], version=1, now=NOW)) == 1


@pytest.mark.parametrize(
    ("attention", "facts"),
    [("disputed", [f"disputed:{NOW:%y%m%d%H%M%S}"]), ("paid_twice_returned", []), (None, [])],
    ids=["disputed", "over by itself", "nothing"],
)
def test_supervisors_are_told_of_what_the_core_wants_looked_at(attention: str | None, facts: list[str]) -> None:
    paid = make_request(
        states=States(money=Money.PAID), captured=Decimal(115), attention=attention, attention_at=attention and NOW
    )
    rung = bells_of(make_order(), [paid], [paid], version=1, now=NOW)
    assert [one.fact for one in rung if one.kind == Bell.ATTENTION and one.medium is Medium.SUPERVISORS] == facts


@pytest.mark.parametrize("total", ["100", "100.0", "100.00"])
def test_a_lowered_order_is_one_matter(total: str) -> None:
    request = make_request(states=States(money=Money.PAID), captured=Decimal(115))
    facts = [
        one.fact
        for one in events_of(make_order(total=Decimal(total)), [request], [], version=1, now=NOW)
        if one.medium is Medium.EVENT
    ]
    assert facts == [f"{Bell.ORDER_LOWERED}:100"]


@pytest.mark.parametrize(
    ("returned", "facts"), [("0", ["other_currency:ZAR"]), ("40", ["other_currency:ZAR"]), ("115", [])]
)
def test_money_in_another_currency_needs_a_person_until_all_of_it_went_back(returned: str, facts: list[str]) -> None:
    paid = make_request(
        currency="EUR", states=States(money=Money.PAID), captured=Decimal(115), reversed=Decimal(returned)
    )
    events = events_of(make_order(), [paid], [], version=1, now=NOW)
    assert [one.fact for one in events if one.kind == EventWord.NEEDS_PERSON] == facts


def test_money_in_another_currency_is_for_the_request_that_brought_it() -> None:
    euros = make_request(reference="c2p_euros", currency="EUR", states=States(money=Money.PAID), captured=Decimal(115))
    paid = make_request(states=States(money=Money.PAID), captured=Decimal(115))
    for requests in ([euros, paid], [paid, euros]):
        events = events_of(make_order(), requests, [], version=1, now=NOW)
        assert [(one.reference, one.fact) for one in events] == [("c2p_euros", "other_currency:ZAR")]


def test_money_that_its_record_has_not_confirmed_is_no_news_yet() -> None:
    """Order Management takes no payment back, and a flow cannot un-ship."""
    waiting = make_request(states=States(money=Money.PAID), captured=Decimal(115), awaiting_confirmation=True)
    assert bookings_of([waiting]) == []
    assert bells_of(make_order(), [waiting], [waiting], version=1, now=NOW) == []
    assert events_of(make_order(), [waiting], [waiting], version=1, now=NOW) == []


def test_a_hold_that_was_released_is_nothing_to_book() -> None:
    """Order Management keeps what was taken: of money that was only held it knows nothing that could be given back."""
    released = make_request(states=States(money=Money.REVERSED), authorized=Decimal(115), reversed=Decimal(115))
    assert bookings_of([released]) == []


@pytest.mark.parametrize(
    ("link", "live", "bells"),
    [(Link.OPENED, True, []), (Link.EXPIRED, False, [Bell.DECLINED]), (Link.CANCELLED, False, [])],
    ids=["the customer may try another card", "expired", "the agent has cancelled it"],
)
def test_a_declined_card_is_news_for_the_agent_once_nobody_can_pay_any_more(
    link: Link, live: bool, bells: list[Bell]
) -> None:
    declined = make_request(states=States(link=link, money=Money.DECLINED), live=live)
    assert [one.kind for one in bells_of(make_order(), [declined], [declined], version=1, now=NOW)] == bells


@pytest.mark.parametrize(
    ("link", "money", "kind"),
    [
        (Link.OPENED, Money.PAID, Bell.PAID),
        (Link.OPENED, Money.AUTHORIZED, Bell.HELD),
        (Link.OPENED, Money.REFUSED, Bell.REVIEW_REFUSED),
        (Link.EXPIRED, Money.NONE, Bell.EXPIRED),
        (Link.CANCELLED, Money.NONE, None),
    ],
)
def test_who_asked_for_a_payment_is_told_of_its_end_by_its_own_version(
    link: Link, money: Money, kind: Bell | None
) -> None:
    """Not whoever handled it last: they know, because they did."""
    ended = make_request(
        states=States(link=link, money=money), version=3, handled_by=Person("005xx0000000002AAA", "Sipho")
    )
    told = [
        (one.kind, one.recipient, one.version) for one in bells_of(make_order(), [ended], [ended], version=9, now=NOW)
    ]
    assert told == ([(kind, ended.requested_by.user_id, 3)] if kind else [])


def test_a_booking_is_of_its_requests_own_version() -> None:
    paid = make_request(states=States(money=Money.PAID), captured=Decimal(115), reversed=Decimal(40), version=3)
    assert [(one.kind, one.fact, one.version) for one in bookings_of([paid])] == [
        (Booking.CAPTURED, "115", 3), (Booking.REVERSED, "40", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(("days", "bells", "events"), [(3, 1, 1), (4, 0, 1), (30, 0, 1), (31, 0, 0)])
def test_flows_hear_longer_than_people_that_something_needs_a_person(days: int, bells: int, events: int) -> None:
    at = NOW - timedelta(days=days)
    held = make_request(states=States(link=Link.SENT), live=True, attention="disputed", attention_at=at, created_at=at)
    assert len(bells_of(make_order(), [held], [held], version=1, now=NOW)) == bells
    assert len(events_of(make_order(), [held], [held], version=1, now=NOW)) == events


@pytest.mark.parametrize("by", ["key_0a1b2c", "operator"])
def test_a_bell_rings_for_users_of_the_org_only(by: str) -> None:
    """Salesforce refuses a whole call of bells for one recipient that it does not know."""
    paid = make_request(states=States(money=Money.PAID), captured=Decimal(115))
    (bell,) = bells_of(make_order(), [paid], [paid], version=1, now=NOW)
    assert bell.recipient == paid.requested_by.user_id
    by_key = make_request(states=paid.states, captured=paid.captured, requested_by=Person(by, "Flow"))
    assert bells_of(make_order(), [by_key], [by_key], version=1, now=NOW) == []


def test_a_link_that_the_customer_opened_did_not_expire_unopened() -> None:
    """A flow writes to a customer who never opened the link; whoever opened it hears nothing of that."""
    expired: dict[str, Any] = {"states": States(link=Link.EXPIRED), "sent_at": NOW}
    unopened = make_request(**expired)
    previewed = make_request(**expired, opened_at=NOW + timedelta(seconds=1))
    opened = make_request(**expired, opened_at=NOW + timedelta(minutes=1))
    words = [
        [one.kind for one in events_of(make_order(), [one], [one], version=1, now=NOW)]
        for one in (unopened, previewed, opened)
    ]
    assert words == [[EventWord.EXPIRED_UNOPENED], [EventWord.EXPIRED_UNOPENED], []]
