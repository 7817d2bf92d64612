"""Alarms whose callbacks were given up are found in the night, where the core is one of our own and lists them."""

from __future__ import annotations

from typing import Any

import pytest

from connector.journeys.reconciling.find_missed_alarms import find_missed_alarms
from connector.workers.nightly import examine_all
from tests.factories import moment
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World

ASKED = "GET payments-needing-person"


@pytest.fixture
@played_once
def paid(world: World, page: Page, link: dict[str, Any]) -> Page:
    """An order that is paid, at a core of our own."""
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    world.with_own_core()
    return page


def searched(world: World) -> int:
    return find_missed_alarms(world.services.for_tenant(world.acme))


def needs(world: World, link: dict[str, Any], word: str | None) -> None:
    """Let the core's record need a person, and tell nobody."""
    link.update(attention=word, attentionTimestamp=moment(world.clock()))
    listed = [{"paymentLinkRef": link["paymentLinkRef"].upper(), "attention": word}] if word else []
    others = [{"paymentLinkRef": "ab2f9a0e-another", "attention": "paid_twice"}, {"paymentLinkRef": 1}, "nonsense"]
    world.core.own[ASKED] = (200, {"payments": [*listed, *others]})


def test_an_alarm_that_never_arrived_is_found_once(world: World, paid: Page, link: dict[str, Any]) -> None:
    needs(world, link, None)
    assert searched(world) == 0
    needs(world, link, "disputed")
    assert searched(world) == 1
    shown = world.look(world.open(paid.order_id))
    assert [one["id"] for one in shown["sentences"]] == ["attention_disputed"]
    asked = len(world.core.questions)
    assert searched(world) == 0
    assert len(world.core.questions) == asked, "what is known costs no call of its own"


def test_the_night_looks_for_them(world: World, paid: Page, link: dict[str, Any]) -> None:
    needs(world, link, "disputed")
    examine_all(world.services)
    assert searched(world) == 0, "it is known by now"
    shown = world.look(world.open(paid.order_id))
    assert [one["id"] for one in shown["sentences"]] == ["attention_disputed"]


@pytest.mark.parametrize(("more", "said"), [(7, [7]), (0, []), (None, []), ("7", []), (True, [])])
def test_what_the_list_leaves_out_is_said_with_its_number(
    world: World, paid: Page, link: dict[str, Any], lines: list[Any], more: Any, said: list[int]
) -> None:
    needs(world, link, "disputed")
    status, body = world.core.own[ASKED]
    world.core.own[ASKED] = (status, {**body, "morePayments": more})
    assert searched(world) == 1
    assert [line["count"] for line in lines if line["event"] == "alarms_not_all_listed"] == said


@pytest.mark.parametrize("answer", [(404, {"errorCode": "NOT_FOUND", "message": "no"}), (200, {"payments": "none"})])
def test_a_core_without_such_a_list_changes_nothing(world: World, paid: Page, answer: tuple[int, Any]) -> None:
    world.core.own[ASKED] = answer
    assert searched(world) == 0


def test_the_vendors_core_is_not_asked(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_RECEIVED")
    world.core.own[ASKED] = (200, {"payments": [{"paymentLinkRef": link["paymentLinkRef"], "attention": "disputed"}]})
    assert searched(world) == 0
    assert world.core.own_asked == []


def test_a_core_that_goes_away_meanwhile_is_waited_for_once(world: World, paid: Page, lines: list[Any]) -> None:
    """Not once for each payment: a night with a hundred of them would pass with waiting."""
    other = world.sent(world.open(world.order()))
    world.told(other, "PAYMENT_RECEIVED")
    world.settle()
    listed = [{"paymentLinkRef": reference, "attention": "disputed"} for reference in world.core.links]
    world.core.own[ASKED] = (200, {"payments": listed})
    world.core.on_question = lambda: setattr(world.core, "down", True)
    assert searched(world) == 2
    assert [line["event"] for line in lines].count("core_not_asked") == 1
    world.core.on_question, world.core.down = None, False
    assert searched(world) == 2
