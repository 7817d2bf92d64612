"""Before an order is first called paid, a total older than 30 seconds is read again."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.domain.payments.status import Link, Money, States
from connector.journeys.syncing.read_totals_before_push import read_totals_before_push
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.client import MOST_READ
from connector.store.orders import orders
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from connector.store.requests import request_rows
from tests.factories import long_id
from tests.journeys.money.conftest import order_state, page_state, told
from tests.journeys.played_once import played_once
from tests.journeys.world import Page, World
from tests.unit.examples import make_order, make_request


def raised(total: float = 230.0) -> dict[str, float]:
    return {"Grand_Total__c": total, "Tax__c": 15.0, "Sub_Total__c": total - 15.0}


def readings(world: World) -> int:
    """How many queries of orders we have made as ourselves."""
    return sum(" FROM Order " in soql for token, soql in world.org.queries if token.startswith("integration-"))


@pytest.fixture
@played_once
def old(world: World, page: Page, link: dict[str, Any]) -> dict[str, Any]:
    """A live link whose order was read a minute ago."""
    world.settle()
    world.clock.pass_by(minutes=1)
    return link


@pytest.mark.parametrize(
    ("total", "state", "sentences"),
    [
        (230.0, ("part_paid", 115, 115), ["order_part_paid", "order_raised"]),
        (115.01, ("part_paid", 0.01, 115), ["order_part_paid", "order_raised"]),
        (115.0, ("paid", 0, 115), []),
        (100.0, ("overpaid", 0, 115), ["order_lowered"]),
    ],
)
def test_a_total_that_moved_while_the_link_was_out_is_what_the_money_is_held_against(
    world: World, page: Page, old: dict[str, Any], total: float, state: Any, sentences: list[str]
) -> None:
    world.org.orders[page.order_id].update(raised(total))
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    assert order_state(world, page) == page_state(world, page) == state
    assert [one["id"] for one in world.look(page)["sentences"]] == sentences
    assert told(world, page) == ["requested", state[0]], "nothing else was ever told, not even for a second"


def test_a_total_of_a_moment_ago_is_not_read_again(world: World, page: Page, link: dict[str, Any]) -> None:
    world.clock.pass_by(seconds=29)
    before = readings(world)
    world.told(link, "PAYMENT_RECEIVED")
    world.push()
    assert (told(world, page), readings(world)) == (["paid"], before)


@pytest.mark.parametrize(
    "word", ["PAYMENT_LINK_CLICKED", "PAYMENT_LINK_EXPIRED", "PAYMENT_DECLINED", "PAYMENT_AUTHORIZED"]
)
def test_news_that_calls_nothing_paid_costs_no_reading(
    world: World, page: Page, old: dict[str, Any], word: str
) -> None:
    before = readings(world)
    world.told(old, word)
    world.settle()
    assert len(told(world, page)) == 2
    assert readings(world) == before


def test_several_due_orders_are_read_in_one_call(world: World, page: Page, old: dict[str, Any]) -> None:
    others = [world.open(world.order()) for _ in range(3)]
    links = [old, *(world.sent(one) for one in others)]
    world.settle()
    world.clock.pass_by(minutes=1)
    for link in links:
        world.told(link, "PAYMENT_RECEIVED")
    calls = world.org.calls
    world.push()
    assert [told(world, one)[-1] for one in (page, *others)] == ["paid"] * 4
    assert world.org.calls == calls + 2, "one to read, one to write"


def test_what_was_told_once_is_not_read_again_for_news_without_money(
    world: World, page: Page, old: dict[str, Any]
) -> None:
    world.org.orders[page.order_id].update(raised())
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    world.clock.pass_by(minutes=10)
    rest = world.sent(world.open(page.order_id), expected_total="230.00")
    world.settle()
    world.clock.pass_by(minutes=1)
    before = readings(world)
    world.told(rest, "PAYMENT_LINK_CLICKED")
    world.settle()
    assert (told(world, page)[-1], readings(world)) == ("part_paid", before)
    world.told(rest, "PAYMENT_RECEIVED")
    world.push()
    assert (told(world, page)[-1], readings(world)) == ("paid", before + 1)


# --- Salesforce cannot be read ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("switch", ["down", "limit"])
def test_nothing_is_called_paid_while_salesforce_cannot_be_asked_and_nothing_is_lost(
    world: World, page: Page, old: dict[str, Any], switch: str, lines: list[Any]
) -> None:
    world.org.orders[page.order_id].update(raised())
    world.told(old, "PAYMENT_RECEIVED")
    setattr(world.org, switch, True)
    for _ in range(20):
        world.push()
        world.clock.pass_by(seconds=10)
    calls = world.org.calls
    world.push()
    assert told(world, page) == ["requested"]
    assert world.org.calls <= calls + 1, "a failed reading is not repeated without a pause"
    waiting = world.look(page)["payment_requests"][0]
    assert (waiting["status"], waiting["salesforce"]["state"], waiting["sentences"][0]["id"]) == (
        "paid",
        "waiting",
        "paid_waiting",
    )
    assert waiting["salesforce"]["reason"]
    assert "totals_not_read" in [line["event"] for line in lines]
    setattr(world.org, switch, False)
    world.clock.pass_by(minutes=6)
    world.push()
    assert order_state(world, page) == page_state(world, page) == ("part_paid", 115, 115)


def test_an_org_that_refused_a_reading_for_its_limit_is_written_nothing_for_a_minute(
    world: World, page: Page, old: dict[str, Any]
) -> None:
    other = world.sent(world.open(world.order()))
    world.settle()
    world.told(old, "PAYMENT_RECEIVED")
    world.told(other, "PAYMENT_LINK_CLICKED")
    world.clock.pass_by(minutes=1)
    world.org.limit = True
    calls = world.org.calls
    for _ in range(5):
        world.push()
        world.clock.pass_by(seconds=11)
    assert world.org.calls == calls + 1
    world.org.limit = False
    world.clock.pass_by(minutes=2)
    world.push()
    assert order_state(world, page) == ("paid", 0, 115)


def test_a_refused_login_puts_a_reading_off_and_says_nothing_of_its_order(
    world: World, page: Page, old: dict[str, Any]
) -> None:
    world.org.sessions_over = {f"integration-{serial}" for serial in range(1, 50)}
    world.org.login_refused = "invalid_grant"
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    assert (world.row("orders")["unread_because"], world.row("outbox")["attempts"]) == (None, 1)
    world.org.login_refused, world.org.sessions_over = None, set()
    world.clock.pass_by(minutes=1)
    world.push()
    assert order_state(world, page) == ("paid", 0, 115)


def test_an_org_that_hides_a_mapped_field_gets_the_request_record_and_no_claim_about_the_order(
    world: World, page: Page, old: dict[str, Any]
) -> None:
    """A field was deleted that the mapping reads: writing works, and what is written must not rest on an old total."""
    world.org.orders[page.order_id].update(raised())
    world.org.answers["Order"] = "INVALID_FIELD"
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    (record,) = world.org.requests.values()
    assert (record["Status__c"], record["Order__c"]) == ("paid", page.order_id)
    assert told(world, page) == ["requested"]
    shown = world.look(page)["payment_requests"][0]["salesforce"]
    assert (shown["state"], shown["reason"]) == ("waiting", "INVALID_FIELD")
    del world.org.answers["Order"]
    world.clock.pass_by(minutes=4)
    world.sweep()
    world.push()
    assert order_state(world, page) == ("part_paid", 115, 115)


def test_money_that_is_given_back_is_told_although_the_total_cannot_be_read(
    world: World, page: Page, old: dict[str, Any]
) -> None:
    world.org.answers["Order"] = "INVALID_FIELD"
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    world.told(old, "PAYMENT_REVERSED")
    world.push()
    assert told(world, page) == ["requested", "reversed"], "no total is needed to say so"


@pytest.mark.parametrize(
    "emptied",
    [{"Grand_Total__c": None}, {"Grand_Total__c": "many"}, {"Currency__c": "rand"}],
    ids=["none", "no number", "no currency"],
)
def test_money_is_not_held_against_a_total_that_cannot_be_read(
    world: World, page: Page, old: dict[str, Any], emptied: dict[str, Any]
) -> None:
    kept = dict(world.org.orders[page.order_id])
    world.org.orders[page.order_id].update(emptied)
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    (record,) = world.org.requests.values()
    assert record["Status__c"] == "paid"
    assert told(world, page) == ["requested"], "neither paid nor overpaid: nobody knows"
    assert world.look(page)["payment_requests"][0]["salesforce"]["reason"] == "ORDER_TOTAL_UNREADABLE"
    version = world.row("orders")["version"]
    for _ in range(3):
        world.clock.pass_by(minutes=4)
        world.sweep()
        world.push()
    assert world.row("orders")["version"] == version, "nothing is announced again as long as nothing is new"
    world.org.orders[page.order_id].update({name: kept[name] for name in emptied})
    world.clock.pass_by(minutes=4)
    world.sweep()
    world.push()
    assert order_state(world, page) == ("paid", 0, 115)


def test_a_deleted_order_is_named_and_its_request_record_goes_through(
    world: World, page: Page, old: dict[str, Any], lines: list[Any]
) -> None:
    kept = world.org.orders.pop(page.order_id)
    world.told(old, "PAYMENT_RECEIVED")
    world.push()
    (record,) = world.org.requests.values()
    assert (record["Status__c"], record["Amount_Paid__c"], record["Order__c"]) == ("paid", 115, None)
    row = world.row("outbox")
    assert (row["state"], row["reason"]) == ("refused", "ORDER_NOT_IN_ORG")
    assert [line["order"] for line in lines if line["event"] == "order_not_in_org"] == [page.order_id]
    world.clock.pass_by(hours=1)
    assert world.push() == 0
    world.org.orders[page.order_id] = kept
    world.sweep()
    world.push()
    (record,) = world.org.requests.values()
    assert record["Order__c"] == page.order_id, "it is back: everything is written again, with nobody's help"
    assert order_state(world, page) == ("paid", 0, 115)


def test_an_order_that_was_refused_is_not_called_paid_by_its_old_total_when_the_org_is_fixed(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.org.refuses[page.order_id] = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    world.told(link, "PAYMENT_RECEIVED")
    world.push()
    world.org.refuses.clear()
    world.org.orders[page.order_id].update(raised())
    world.clock.pass_by(hours=20)
    world.sweep()
    world.push()
    assert order_state(world, page) == page_state(world, world.open(page.order_id)) == ("part_paid", 115, 115)


# --- races -----------------------------------------------------------------------------------------------------------


def test_money_that_comes_while_another_total_is_read_is_read_for_too(
    world: World, page: Page, old: dict[str, Any]
) -> None:
    """The first reading was asked for another order; this one's money came after it had begun."""
    other = world.open(world.order())
    link = world.sent(other)
    world.settle()
    world.clock.pass_by(minutes=1)
    world.told(link, "PAYMENT_RECEIVED")
    world.org.orders[page.order_id].update(raised())
    world.org.after_query = lambda: world.told(old, "PAYMENT_RECEIVED")
    world.push()
    world.push()
    assert "paid" not in told(world, page)
    assert order_state(world, page) == ("part_paid", 115, 115)
    assert order_state(world, other) == ("paid", 0, 115)


def test_a_slow_reading_does_not_take_back_what_a_later_one_saw(world: World, page: Page, old: dict[str, Any]) -> None:
    world.told(old, "PAYMENT_RECEIVED")

    def meanwhile() -> None:
        world.clock.pass_by(seconds=3)
        world.org.orders[page.order_id].update(raised())
        world.open(page.order_id)

    world.org.after_query = meanwhile
    world.push()
    assert "paid" not in told(world, page)
    assert order_state(world, page) == page_state(world, page) == ("part_paid", 115, 115)


# --- in a storm ------------------------------------------------------------------------------------------------------


def many(world: World, count: int, *, paid: bool, first: int) -> list[str]:
    """Orders in the ledger and in the org, read a minute ago, with a live or a paid request each."""
    now = world.clock() - timedelta(minutes=1)
    store, ids = world.services.store, []
    with store.write() as work:
        for serial in range(first, first + count):
            order_id = world.org.add_order(long_id(f"801xx0000a{serial:05d}"))
            order = make_order(order_id=order_id, read_at=now)
            states = States(link=Link.OPENED if paid else Link.SENT, money=Money.PAID if paid else Money.NONE)
            request = make_request(
                reference=f"c2p_{serial}", order_id=order_id, states=states, live=not paid, created_at=now
            )
            request = replace(request, captured=order.total, version=1) if paid else request
            orders.save(work, order)
            request_rows.add(work, request, phone_digest=b"", key=None, body_digest=None)
            if paid:
                outbox.announce(work, [Announcement(order, 1, final=True)], now=now)
            ids.append(order_id)
    return ids


def read(world: World, *, in_a_stream: bool = False) -> int:
    tenant = world.services.store.tenants.by_id("acme")
    assert tenant is not None
    return read_totals_before_push(
        world.services.for_tenant(tenant),
        rng=random.Random(1),
        in_a_stream=in_a_stream,
    )


@pytest.mark.parametrize(
    ("due", "live", "in_a_stream", "along"),
    [
        pytest.param(COLLECTION, 40, False, 40, id="many are due at once"),
        pytest.param(COLLECTION - 1, 40, False, 0, id="few are due"),
        pytest.param(1, 40, True, 40, id="one after the other"),
        pytest.param(1, MOST_READ, True, 0, id="one after the other, and more might be next than a call carries"),
    ],
)
def test_what_is_about_to_be_paid_is_read_along_where_money_comes_fast(
    world: World, due: Any, live: Any, in_a_stream: bool, along: int
) -> None:
    many(world, due, paid=True, first=0)
    many(world, live, paid=False, first=due)
    calls = world.org.calls
    assert read(world, in_a_stream=in_a_stream) == due
    assert world.org.calls == calls + 2, "a login and one call"
    fresh = [row for row in world.rows("orders") if row["read_at"] == world.clock()]
    assert len(fresh) == due + along
    assert read(world) == 0


def test_a_call_reads_no_more_than_it_can_carry() -> None:
    assert MOST_READ == 5 * COLLECTION
