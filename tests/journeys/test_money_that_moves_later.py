"""Held or taken money is looked after although its request is settled: a lost capture or reversal must still be found."""

from __future__ import annotations

import pytest

from tests.journeys.world import Clock, Page, World


@pytest.fixture
def page(world: World) -> Page:
    return world.open(world.order())


@pytest.fixture
def link(world: World, page: Page):
    return world.sent(page)


def shown(world: World, page: Page) -> str:
    return world.look(page)["payment_requests"][0]["status"]


def test_a_lost_reversal_of_a_payment_is_found_within_five_minutes(world, page, link, clock: Clock):
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    world.core.happen(link, "PAYMENT_VOIDED", reversedAmount=115.00)
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, page) == "reversed"


def test_a_lost_capture_is_found_within_five_minutes(world, page, link, clock: Clock):
    world.told(link, "PAYMENT_AUTHORIZED", authorizedAmount=115.00)
    world.core.happen(link, "PAYMENT_CAPTURED", capturedAmount=115.00)
    clock.pass_by(minutes=4, seconds=5)
    world.sweep()
    assert shown(world, page) == "paid"


def test_is_asked_about_ever_more_seldom(world, page, link, clock: Clock):
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    asked = len(world.core.questions)
    for _ in range(24 * 12):
        clock.pass_by(minutes=5)
        world.sweep()
    # every five minutes in the first hour, then about every hour
    assert 12 + 18 <= len(world.core.questions) - asked <= 12 + 24


def test_is_left_alone_after_a_week(world, page, link, clock: Clock):
    world.told(link, "PAYMENT_RECEIVED", capturedAmount=115.00)
    asked = len(world.core.questions)
    clock.pass_by(days=8)
    world.sweep()
    assert len(world.core.questions) == asked
