"""Held or taken money is looked after although its request is settled: a lost capture or reversal must still be found."""

from __future__ import annotations

from typing import Any

import pytest

from connector.store.requests import polling
from connector.store.schema.tables import payment_requests
from tests.journeys.world import Clock, Page, World, once


def shown(world: World, page: Page) -> str:
    found: str = world.look(page)["payment_requests"][0]["status"]
    return found


def test_a_lost_reversal_of_a_payment_is_found_within_five_minutes(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    world.core.happen(link, "PAYMENT_VOIDED", reversedAmount=115.00)
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, page) == "reversed"


def test_a_lost_capture_is_found_within_five_minutes(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_AUTHORIZED", authorizedAmount=115.00)
    world.core.happen(link, "PAYMENT_CAPTURED", capturedAmount=115.00)
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, page) == "paid"


def test_a_lost_capture_on_the_day_after_is_found_within_five_minutes(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_AUTHORIZED", authorizedAmount=115.00)
    clock.pass_by(hours=23)
    world.sweep()
    world.core.happen(link, "PAYMENT_CAPTURED", capturedAmount=115.00)
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, world.open(page.order_id)) == "paid"


@pytest.mark.parametrize("days", [1, 6])
def test_a_lost_reversal_days_after_is_found_within_five_minutes_where_few_are_asked_about(
    world: World, page: Page, link: dict[str, Any], clock: Clock, days: int
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    clock.pass_by(days=days)
    world.sweep()
    world.core.happen(link, "PAYMENT_REVERSED", capturedAmount=115.00)
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, world.open(page.order_id)) == "reversed"


def test_is_asked_about_ever_more_seldom_where_many_are(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    asked = 0
    for _ in range(24 * 12):
        clock.pass_by(minutes=5)
        with world.services.store.read() as work:  # no room for anything but what is due
            due = polling.due_requests(work, now=clock(), most=1)
        early = len(due) and world.row("payment_requests")["ask_at"] > clock()
        if due and not early:
            world.sweep()
            asked += 1
    # every five minutes in the first hour, then about every hour
    assert 12 + 18 <= asked <= 12 + 24


def test_is_left_alone_after_a_week(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    clock.pass_by(days=7)
    world.sweep()
    asked = len(world.core.questions)
    for _ in range(10):
        clock.pass_by(hours=7)
        world.sweep()
    assert (len(world.core.questions), world.row("payment_requests")["ask_at"]) == (asked, None)


@pytest.mark.both_databases
def test_a_question_that_breaks_stops_no_other(
    world: World, page: Page, link: dict[str, Any], lines: list[Any], clock: Clock
) -> None:
    world.core.happen(link, "PAYMENT_RECEIVED")
    world.core.happen(world.sent(world.open(world.order())), "PAYMENT_RECEIVED")
    clock.pass_by(seconds=61)
    world.core.on_question = once(lambda: 1 / 0)
    world.sweep()
    assert [line["error"] for line in lines if line["event"] == "request_not_asked"] == ["ZeroDivisionError"]
    assert sorted(row["money"] for row in world.rows("payment_requests")) == ["none", "paid"]
    clock.pass_by(seconds=61)
    world.sweep()
    assert [row["money"] for row in world.rows("payment_requests")] == ["paid", "paid"]


@pytest.mark.both_databases
def test_has_a_quarter_of_the_questions_however_many_links_are_live(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    row = world.row("payment_requests")
    live = row | {"live": True, "link": "sent", "money": "none", "ask_at": None}
    many = [
        (live if number < 8 else row)
        | {"reference": f"c2p_{number}", "order_id": f"801ww{number:013d}", "link_reference": f"link-{number}"}
        for number in range(11)
    ]
    with world.services.store.database.write() as connection:
        connection.execute(payment_requests.insert(), many)
    clock.pass_by(minutes=5)
    with world.services.store.read() as work:
        due = {reference for _, reference in polling.due_requests(work, now=clock(), most=8)}
    assert len(due) == 8
    assert len(due & {row["reference"], "c2p_8", "c2p_9", "c2p_10"}) == 2


def test_a_core_that_does_not_answer_takes_nobody_elses_turn(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    clock.pass_by(seconds=61)
    world.core.mute = True
    world.sweep()
    with world.services.store.read() as work:
        assert polling.due_requests(work, now=clock(), most=120) == []
    clock.pass_by(seconds=11)
    with world.services.store.read() as work:
        assert len(polling.due_requests(work, now=clock(), most=120)) == 1


def test_a_refused_card_that_nobody_told_of_is_found_once_the_link_has_ended(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.core.happen(link, "PAYMENT_DECLINED")
    assert shown(world, page) == "expired"
    clock.pass_by(seconds=61)
    world.sweep()
    assert shown(world, page) == "declined"


def test_an_ended_request_is_looked_at_once(world: World, page: Page, link: dict[str, Any], clock: Clock) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    for _ in range(30):
        clock.pass_by(minutes=2)
        world.sweep()
    assert len(world.core.questions) == 2  # whether it has ended, and once more a minute later


def test_an_ended_request_is_looked_at_again_where_the_core_did_not_answer(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.core.happen(link, "PAYMENT_DECLINED")
    world.told(link, "PAYMENT_LINK_EXPIRED")
    clock.pass_by(seconds=61)
    world.core.refuse = (500, "OOPS")
    world.sweep()
    world.core.refuse = None
    clock.pass_by(seconds=11)
    world.sweep()
    assert shown(world, page) == "declined"
