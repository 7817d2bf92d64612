"""Which payment requests the core is asked about without news of them, how soon, and in which order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from connector.domain.payments.status import Link, Money, States
from connector.store.requests import polling, request_rows
from connector.store.schema.tables import payment_requests
from tests.journeys.world import Clock, World
from tests.unit.examples import make_request

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
MOMENT = timedelta(milliseconds=1)
Ages = dict[str, timedelta | None]


def keep(world: World, reference: str, *, states: States, live: bool, **ages: timedelta | None) -> None:
    """Keep a request of an order of its own; each time is so long ago."""
    times = {name: None if age is None else world.clock() - age for name, age in ages.items()}
    created_at = times.pop("created_at", None) or world.clock() - MINUTE
    order_id = f"801{reference:>015}"[:18]
    request = make_request(reference=reference, order_id=order_id, states=states, live=live, created_at=created_at)
    with world.services.store.write() as work:
        request_rows.add(work, request, phone_digest=b"d" * 32, key=None, body_digest=None)
        mine = payment_requests.c.reference == reference
        work.connection.execute(update(payment_requests).where(mine).values({"ask_at": None, **times}))


def due(world: World, most: int = 50) -> list[str]:
    with world.services.store.read() as work:
        return [reference for _, reference in polling.due_requests(work, now=world.clock(), most=most)]


@pytest.mark.parametrize(
    ("link", "age", "pause"),
    [
        pytest.param(Link.UNKNOWN, MINUTE, 10 * SECOND, id="a send without an answer"),
        pytest.param(Link.UNKNOWN, 30 * MINUTE, MINUTE, id="after half an hour"),
        pytest.param(Link.SENT, MINUTE, MINUTE, id="a link that was sent"),
        pytest.param(Link.OPENED, 23 * HOUR, MINUTE, id="a link that was opened"),
        pytest.param(Link.EXPIRED, 23 * HOUR, MINUTE, id="a review on a link that expired"),
        pytest.param(Link.CANCELLED, 23 * HOUR, MINUTE, id="a review on a link that was cancelled"),
        pytest.param(Link.SENT, DAY, 15 * MINUTE, id="after a day"),
        pytest.param(Link.UNKNOWN, DAY, 15 * MINUTE, id="a send without an answer, after a day"),
    ],
)
@pytest.mark.parametrize("heard", ["proven_at", "asked_at"])
def test_a_live_request_is_asked_about_after_a_pause_without_news_or_question(
    world: World, link: Link, age: timedelta, pause: timedelta, heard: str
) -> None:
    other = "asked_at" if heard == "proven_at" else "proven_at"
    ages: Ages = {"created_at": age, other: None}
    keep(world, "c2p_never", states=States(link=link), live=True, **ages)
    keep(world, "c2p_due", states=States(link=link), live=True, **{**ages, heard: pause + MOMENT})
    keep(world, "c2p_early", states=States(link=link), live=True, **{**ages, heard: pause})
    assert sorted(due(world)) == ["c2p_due", "c2p_never"]


@pytest.mark.parametrize("link", [Link.SENDING, Link.CREATED, Link.REJECTED])
def test_what_was_not_sent_is_not_asked_about(world: World, link: Link) -> None:
    keep(world, "c2p_one", states=States(link=link), live=True)
    assert due(world) == []


def test_an_ended_request_is_asked_about_at_its_time_and_before_it_where_there_is_room(world: World) -> None:
    paid = States(link=Link.OPENED, money=Money.PAID)
    keep(world, "c2p_due", states=paid, live=False, ask_at=MOMENT, asked_at=MINUTE)
    keep(world, "c2p_now", states=paid, live=False, ask_at=0 * SECOND, asked_at=HOUR)
    keep(world, "c2p_first", states=paid, live=False, ask_at=-HOUR, asked_at=4 * MINUTE + MOMENT)
    keep(world, "c2p_later", states=paid, live=False, ask_at=-2 * HOUR, asked_at=4 * MINUTE + MOMENT)
    keep(world, "c2p_asked", states=paid, live=False, ask_at=-HOUR, asked_at=4 * MINUTE)
    keep(world, "c2p_heard", states=paid, live=False, ask_at=-HOUR, proven_at=4 * MINUTE)
    keep(world, "c2p_done", states=paid, live=False)
    assert due(world) == ["c2p_due", "c2p_now", "c2p_first", "c2p_later"], "each of them once"
    assert due(world, most=3) == ["c2p_due", "c2p_now", "c2p_first"]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("live", "ended", "asked"),
    [(9, 9, (6, 2)), (9, 0, (8, 0)), (9, 1, (7, 1)), (2, 9, (2, 6)), (0, 3, (0, 3))],
    ids=lambda one: repr(one),
)
def test_a_quarter_is_asked_about_ended_requests_and_what_live_ones_leave(
    world: World, live: int, ended: int, asked: tuple[int, int]
) -> None:
    for place in range(live):
        asked_at = None if place == live - 1 else HOUR + place * MINUTE
        keep(world, f"c2p_live{place}", states=States(link=Link.SENT), live=True, asked_at=asked_at)
    for place in range(ended):
        states = States(link=Link.OPENED, money=Money.PAID)
        keep(world, f"c2p_ended{place}", states=states, live=False, ask_at=HOUR + place * MINUTE, asked_at=HOUR)
    found = due(world, most=8)
    assert found[: asked[0]] == [f"c2p_live{live - 1 - place}" for place in range(asked[0])], "never asked first"
    assert found[asked[0] :] == [f"c2p_ended{ended - 1 - place}" for place in range(asked[1])]


def test_early_questions_are_twenty_at_most(world: World) -> None:
    for place in range(21):
        states = States(link=Link.OPENED, money=Money.PAID)
        keep(world, f"c2p_{place:02}", states=states, live=False, ask_at=-HOUR, asked_at=HOUR)
    assert len(due(world)) == 20


@pytest.mark.parametrize(
    ("money", "more", "age", "pause"),
    [
        (Money.PAID, {}, HOUR - MOMENT, 4 * MINUTE),
        (Money.PAID, {}, HOUR, HOUR),
        (Money.PAID, {}, DAY, 6 * HOUR),
        (Money.PAID, {}, 7 * DAY, None),
        (Money.AUTHORIZED, {}, DAY - MOMENT, 4 * MINUTE),
        (Money.IN_REVIEW, {}, DAY, HOUR),
        (Money.AUTHORIZED, {}, 7 * DAY, None),
        (Money.NONE, {}, MINUTE, None),
        (Money.DECLINED, {}, MINUTE, None),
        (Money.REVERSED, {}, MINUTE, None),
        (Money.NONE, {"reason": "unconfirmed"}, HOUR, 4 * MINUTE),
        (Money.NONE, {"reason": "never_arrived"}, HOUR, 4 * MINUTE),
        (Money.NONE, {"reason": "BAD_CURRENCY"}, HOUR, None),
        (Money.NONE, {"released": True}, DAY, HOUR),
        (Money.PAID, {"live": True}, MINUTE, None),
    ],
)
def test_an_ended_request_is_asked_about_again_while_its_money_may_move(
    world: World, clock: Clock, money: Money, more: dict[str, Any], age: timedelta, pause: timedelta | None
) -> None:
    live = more.get("live", False)
    keep(world, "c2p_one", states=States(link=Link.OPENED, money=money), live=live, created_at=age)
    with world.services.store.write() as work:
        given = {"reason": more.get("reason"), "released_at": clock() if more.get("released") else None}
        work.connection.execute(update(payment_requests).values(given))
        polling.mark_asked(work, "c2p_one", now=clock())
        columns = (payment_requests.c.asked_at, payment_requests.c.ask_at)
        asked_at, ask_at = work.connection.execute(select(*columns)).one()
    assert (asked_at, ask_at) == (clock(), None if pause is None else clock() + pause)


def test_requests_of_a_core_that_is_away_come_after_those_of_others(world: World, clock: Clock) -> None:
    paid = States(link=Link.OPENED, money=Money.PAID)
    for place in ("due", "skipped"):
        keep(world, f"c2p_{place}", states=States(link=Link.SENT), live=True, asked_at=HOUR)
    keep(world, "c2p_ended", states=paid, live=False, ask_at=0 * SECOND)
    keep(world, "c2p_later", states=paid, live=False, ask_at=-HOUR)
    with world.services.store.write() as work:
        polling.postpone(work, "globex", [], now=clock())
        assert len(polling.due_requests(work, now=clock(), most=9)) == 4
        polling.postpone(work, "acme", ["c2p_skipped"], now=clock())
        rows = work.connection.execute(select(payment_requests)).all()
    assert {row.reference: (row.asked_at, row.ask_at) for row in rows} == {
        "c2p_due": (clock() - HOUR, None),
        "c2p_skipped": (clock(), None),
        "c2p_ended": (None, clock() + 10 * SECOND),
        "c2p_later": (None, clock() + HOUR),
    }
