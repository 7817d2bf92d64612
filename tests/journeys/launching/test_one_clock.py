"""Deadlines go by the payment core's clock, whatever the connector's says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.health.clock_skew import LARGEST_CLOCK_SKEW_SECONDS
from connector.store.health import due_checks
from connector.store.peer_watch import PeerWatch
from foundation.http.peer_clocks import PeerClocks
from tests.journeys.world import Clock, Page, World

CORE = "https://core.example.com"


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def left(order: dict[str, Any], deadline: str) -> float:
    """Seconds that the page counts down from: to the deadline, by the core's clock."""
    return seconds(order["payment_requests"][0][deadline]) - seconds(order["core_clock"]["now"])


@pytest.fixture(params=[-90, 90, 240, 0], ids=lambda ahead: f"core {ahead} s ahead")
def ahead(world: World, request: pytest.FixtureRequest) -> timedelta:
    """How far the core's clock is ahead of the connector's."""
    world.core.ahead = timedelta(seconds=request.param)
    return world.core.ahead


def test_a_countdown_is_right_whatever_the_connectors_clock_says(
    world: World, page: Page, ahead: timedelta, clock: Clock
) -> None:
    link = world.sent(page)
    shown = world.look(page)
    assert left(shown, "open_by") == pytest.approx(300, abs=1)
    assert shown["core_clock"]["ahead_ms"] == pytest.approx(ahead.total_seconds() * 1000, abs=1000)
    clock.pass_by(seconds=30)
    world.told(link, "PAYMENT_LINK_CLICKED")
    shown = world.look(page)
    assert left(shown, "pay_by") == pytest.approx(900, abs=1)
    assert not shown["payment_requests"][0]["probable_preview"]
    assert left(world.open(page.order_id).data["order"], "pay_by") == pytest.approx(900, abs=1)


def test_a_preview_is_recognised_by_one_clock(world: World, page: Page, ahead: timedelta, clock: Clock) -> None:
    link = world.sent(page)
    clock.pass_by(seconds=1)
    world.told(link, "PAYMENT_LINK_CLICKED")
    assert world.look(page)["payment_requests"][0]["probable_preview"] is True


def test_a_cancellation_is_dated_by_the_clock_that_dates_money(world: World, page: Page, ahead: timedelta) -> None:
    """Whether money came after the close is told by comparing the two."""
    world.sent(page)
    reference = world.look(page)["payment_requests"][0]["reference"]
    world.clock.pass_by(seconds=20)
    assert world.cancel(page, reference).json["outcome"] == "cancelled"
    closed_at = world.row("payment_requests")["closed_at"]
    assert closed_at == pytest.approx(world.clock() + ahead, abs=timedelta(seconds=1))


def test_what_the_core_has_proven_is_dated_by_the_connectors_own_clock(
    world: World, page: Page, ahead: timedelta, clock: Clock
) -> None:
    """By that one it is decided when the core is asked again."""
    world.sent(page)
    assert world.row("payment_requests")["proven_at"] == clock()
    reference = world.look(page)["payment_requests"][0]["reference"]
    clock.pass_by(seconds=20)
    assert world.cancel(page, reference).json["outcome"] == "cancelled"
    assert world.row("payment_requests")["proven_at"] == clock()


def test_a_large_difference_is_examined_and_its_end_too(world: World, page: Page) -> None:
    world.core.ahead = timedelta(seconds=90)
    world.sent(page)
    with world.services.store.write() as work:
        assert due_checks.claim_due(work, now=world.clock()).get("acme", set()) >= {"core_clock"}
        due_checks.finish(work, "acme", ["core_clock"], now=world.clock())
    world.core.ahead = timedelta(0)
    reference = world.look(page)["payment_requests"][0]["reference"]
    assert world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers).status_code == 200
    assert world.look(page)["core_clock"]["ahead_ms"] == pytest.approx(0, abs=1000)


@pytest.mark.parametrize(("more", "is_examined"), [(0, False), (1, True)])
def test_a_difference_is_examined_once_it_is_larger_than_a_clock_may_be_off(
    world: World, more: int, is_examined: bool
) -> None:
    store = world.services.store
    watch = PeerWatch(tenants=store.tenants, findings=store.findings)
    watch.core_clock(world.acme.core, timedelta(seconds=-LARGEST_CLOCK_SKEW_SECONDS - more))
    with store.write() as work:
        assert ("core_clock" in due_checks.claim_due(work, now=world.clock()).get("acme", set())) is is_examined


def test_an_unchanged_difference_changes_no_answer(world: World, page: Page, clock: Clock) -> None:
    world.core.ahead = timedelta(seconds=90, milliseconds=400)
    world.sent(page)
    reference = world.look(page)["payment_requests"][0]["reference"]
    before = world.look(page)["core_clock"]["ahead_ms"]
    for _ in range(5):
        clock.pass_by(seconds=1.3)
        world.client.post(f"/api/payment-requests/{reference}/refresh", headers=page.headers)
    assert world.look(page)["core_clock"]["ahead_ms"] == pytest.approx(before, abs=1000)


def test_two_right_clocks_have_no_difference(clock: Clock) -> None:
    clocks = PeerClocks(clock)
    for offset in (0.0, 0.3, 0.999, 7.5):
        asked_at = clock()
        clock.pass_by(seconds=offset)
        stamp = clock().replace(microsecond=0).strftime("%a, %d %b %Y %H:%M:%S GMT")
        assert clocks.measure(CORE, {"Date": stamp}, asked_at=asked_at) == timedelta(0)


@pytest.mark.parametrize(
    "headers", [{}, {"Date": "soon"}, {"Date": "Sat, 21 Nov 2026 09:00:00 GMT", "Age": "6000"}], ids=str
)
def test_what_dates_nothing_changes_nothing(clock: Clock, headers: dict[str, str]) -> None:
    assert PeerClocks(clock).measure(CORE, headers, asked_at=clock()) == timedelta(0)
