"""The process dies between any two steps of the journey, and a new one on the same database ends it right."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.world import Clock, Page, World

STEPS = ["launched", "sent", "told Salesforce", "clicked", "click drained", "paid", "paid drained", "pushed"]


class Died(BaseException):
    """The process is gone: nothing that catches exceptions gets to see it."""


def walk(world: World, *, die_after: set[str]) -> Page:
    """Send, callback, push; the process dies after some of the steps."""

    def step(name: str) -> None:
        if name in die_after:
            world.restart()

    page = world.open(world.order())
    step("launched")
    link = world.sent(page, key="key-00001")
    step("sent")
    world.settle()
    step("told Salesforce")
    world.callback(world.core.happen(link, "PAYMENT_LINK_CLICKED"), kind="transaction-status")
    step("clicked")
    world.drain()
    step("click drained")
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))
    step("paid")
    world.drain()
    step("paid drained")
    world.settle()
    step("pushed")
    return page


def assert_ended_right(world: World, page: Page) -> None:
    order = world.look(page)
    assert (order["payment_state"], order["amount_paid"]) == ("paid", "115.00")
    assert order["payment_requests"][0]["salesforce"]["state"] == "written"
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
    assert [record["Status__c"] for record in world.org.requests.values()] == ["paid"]
    assert len(world.core.sends) == 1
    assert {row["state"] for row in world.rows("inbox")} == {"done"}


@pytest.mark.parametrize("name", [*STEPS, "every step"])
def test_between_two_steps_changes_nothing_of_the_end(world: World, name: Any) -> None:
    page = walk(world, die_after=set(STEPS) if name == "every step" else {name})
    assert_ended_right(world, page)
    assert world.send(page, key="key-00001").json["status"] == "paid"
    assert len(world.core.sends) == 1


@pytest.mark.parametrize("reached", [True, False], ids=["link made", "nothing reached the core"])
def test_during_a_send_finds_out_and_never_sends_again_blindly(world: World, clock: Clock, reached: bool) -> None:
    page = world.open(world.order())

    def die(_: Any) -> None:
        raise Died

    if reached:
        world.core.on_sent = die
    else:
        world.core.on_send = die
    with pytest.raises(Died):
        world.send(page, key="key-00001")
    world.core.on_send = world.core.on_sent = None
    world.core.sends[:] = world.core.sends if reached else []
    world.restart()
    assert world.send(page, key="key-00001").status_code == 202
    clock.pass_by(seconds=1)
    world.sweep()
    if reached:
        assert world.look(page)["payment_requests"][0]["status"] == "sent"
        world.told(world.core.last(), "PAYMENT_RECEIVED")
        world.settle()
        assert_ended_right(world, page)
        return
    assert world.look(page)["payment_requests"][0]["status"] == "unknown"
    assert world.send(page, key="key-00002").status_code == 409
    clock.pass_by(minutes=25)
    world.sweep()
    page = world.open(page.order_id)
    assert world.look(page)["payment_requests"][0]["status"] == "rejected"
    world.told(world.sent(page, key="key-00002"), "PAYMENT_RECEIVED")
    assert world.look(page)["payment_state"] == "paid"


def test_during_a_drain_applies_the_entry_once(world: World, clock: Clock) -> None:
    page = world.open(world.order())
    link = world.sent(page)
    world.callback(world.core.happen(link, "PAYMENT_RECEIVED"))

    def die() -> None:
        raise Died

    world.core.on_question = die
    with pytest.raises(Died):
        world.drain()
    world.core.on_question = None
    assert world.drain() == 0, "the entry is leased"
    world.restart()
    assert world.drain() == 1
    world.settle()
    assert_ended_right(world, page)


@pytest.mark.parametrize("landed", [True, False], ids=["written", "not written"])
def test_during_a_push_repeats_it(world: World, clock: Clock, landed: bool) -> None:
    page = world.open(world.order())
    world.told(world.sent(page), "PAYMENT_RECEIVED")

    def die() -> None:
        raise Died

    if landed:
        world.org.after_write = die
    else:
        world.org.before_write = die
    with pytest.raises(Died):
        world.push()
    assert world.push() == 0, "the row is leased"
    world.restart()
    assert world.push() == 1
    assert_ended_right(world, page)


def test_keeps_the_token_of_the_org_so_that_nobody_logs_in_again(world: World) -> None:
    page = world.open(world.order())
    world.sent(page)
    world.settle()
    world.restart()
    world.told(world.core.last(), "PAYMENT_RECEIVED")
    world.settle()
    assert world.org.logins == 1
    assert world.org.orders[page.order_id]["Chat2Pay_Payment_State__c"] == "paid"
