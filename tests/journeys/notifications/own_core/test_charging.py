"""A customer has answered, and their saved card is being charged: the page says so, and offers nothing that would be refused."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.factories import moment, notification
from tests.journeys.notifications.own_core.test_words_of_our_core import shown
from tests.journeys.world import Clock, Page, World

Step = tuple[bool, str]


def charging(link: dict[str, Any], clock: Clock, *, now: bool) -> dict[str, Any]:
    """Let the core's record begin or cease to show a charge; return its news of that."""
    link.update(charging=now, chargingTimestamp=moment(clock()))
    body = notification(link, "PAYMENT_CHARGING", at=clock(), shape="transaction")
    return {**body, "charging": now, "chargingTimestamp": moment(clock())}


def hear(world: World, body: dict[str, Any]) -> None:
    assert world.callback(body, kind="transaction-status").status_code == 200
    world.drain()


def offered(told: dict[str, Any]) -> set[str]:
    return {*told["actions"]} & {"cancel", "replace", "copy_link"}


def test_nothing_is_offered_while_a_saved_card_is_charged_and_all_of_it_again_after_a_charge_that_took_nothing(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    before = shown(world, page)
    assert offered(before) == {"cancel", "replace"}
    hear(world, charging(link, clock, now=True))
    told = shown(world, page)
    assert ([one["id"] for one in told["sentences"]], [one["id"] for one in told["say"]]) == (
        ["being_charged"],
        ["say_being_charged"],
    )
    assert (offered(told), told["being_charged"], told["status"], told["live"]) == (set(), True, "sent", True)
    clock.pass_by(seconds=4)
    hear(world, charging(link, clock, now=False))
    told = shown(world, page)
    assert (offered(told), told["being_charged"]) == ({"cancel", "replace"}, False)
    assert [one["id"] for one in told["sentences"]] == [one["id"] for one in before["sentences"]]
    assert {row["verdict"] for row in world.rows("inbox")} == {"applied"}


@pytest.mark.parametrize(("word", "status"), [("PAYMENT_RECEIVED", "paid"), ("PAYMENT_DECLINED", "declined")])
def test_what_the_charge_came_to_is_shown_also_where_the_news_of_its_end_is_lost(
    world: World, page: Page, link: dict[str, Any], clock: Clock, word: str, status: str
) -> None:
    hear(world, charging(link, clock, now=True))
    clock.pass_by(seconds=4)
    charging(link, clock, now=False)
    hear(world, world.core.happen(link, word))
    told = shown(world, page)
    assert (told["status"], told["being_charged"]) == (status, False)
    assert "being_charged" not in [one["id"] for one in told["sentences"]]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_news_of_a_charge_in_any_order_leave_what_the_core_said_last(
    world: World, page: Page, link: dict[str, Any], clock: Clock, order: tuple[int, ...]
) -> None:
    """Each is read with the record as it was then, as a slow reading of it is."""
    records, bodies = [], []
    for now in (True, False, True):
        clock.pass_by(seconds=1)
        bodies.append(charging(link, clock, now=now))
        records.append({name: link[name] for name in ("charging", "chargingTimestamp")})
    for one in order:
        link.update(records[one])
        hear(world, bodies[one])
    assert shown(world, page)["being_charged"] is True


def test_a_core_that_says_nothing_of_charges_is_believed_by_nobody_else(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    body = charging(link, clock, now=True)
    link.update(charging=None, chargingTimestamp=None)
    hear(world, body)
    assert [(row["verdict"], row["reason"]) for row in world.rows("inbox")] == [
        ("awaiting confirmation", "core_says_otherwise")
    ]
    told = shown(world, page)
    assert (offered(told), told["being_charged"]) == ({"cancel", "replace"}, False)


def test_a_page_that_asks_learns_of_a_charge_whose_news_is_lost_and_salesforce_is_written_nothing_of_it(
    world: World, page: Page, link: dict[str, Any], clock: Clock
) -> None:
    world.settle()
    reference, written = shown(world, page)["reference"], dict(world.org.requests)
    versions = [row["version"] for row in world.rows("payment_requests")]
    clock.pass_by(seconds=1)
    charging(link, clock, now=True)
    url = f"/api/orders/{page.order_id}"
    seen = {"If-None-Match": world.client.get(url, headers=page.headers).headers["ETag"]}
    answer = world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    assert (answer.json["outcome"], shown(world, page)["being_charged"]) == ("fresh", True)
    assert world.client.get(url, headers=page.headers | seen).status_code == 200, "so do the others that poll"
    world.settle()
    assert dict(world.org.requests) == written
    assert [row["version"] for row in world.rows("payment_requests")] == versions
