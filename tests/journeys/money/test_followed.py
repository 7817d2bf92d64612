"""Orders with money on them are followed: page, ledger and Salesforce agree within a minute, whatever becomes of the order."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.domain.payments.status import Link, Money, States
from connector.journeys.reconciling import follow_changed_orders
from connector.journeys.recording.record_missing import record_missing
from connector.salesforce.calls.composite import COLLECTION
from connector.salesforce.queries.changed_orders import ChangedOrders, read_changed_orders
from connector.store.orders import followed_orders, orders
from connector.store.outbox import outbox
from connector.store.outbox.outbox import Announcement
from connector.store.requests import request_rows
from connector.workers import sweeps
from connector.workers.sweeps import compare_followed, sweep_orders
from foundation.secret import Secret
from tests.factories import long_id
from tests.journeys.money.conftest import order_state, page_state, told
from tests.journeys.played_once import played_once
from tests.journeys.verbs import press
from tests.journeys.world import Page, World
from tests.unit.examples import make_order, make_request


def amounts(total: float, currency: str = "ZAR") -> dict[str, Any]:
    return {"Grand_Total__c": total, "Tax__c": 0.0, "Sub_Total__c": total, "Currency__c": currency}


def next_look(world: World) -> None:
    """Let the time of the next look come, and push what it finds: much less than a minute after any change."""
    world.follow()
    world.clock.pass_by(seconds=2)
    world.push()


def ledger_order(world: World, page: Page) -> dict[str, Any]:
    """What was read of an order, without when."""
    row = next(row for row in world.rows("orders") if row["order_id"] == page.order_id)
    return {name: value for name, value in row.items() if name != "read_at"}


def sentences(world: World, page: Page) -> list[str]:
    return [one["id"] for one in world.look(page)["sentences"]]


@pytest.fixture
@played_once
def paid(world: World, page: Page, link: dict[str, Any]) -> Page:
    """R115 were paid."""
    world.told(link, "PAYMENT_RECEIVED")
    world.settle()
    next_look(world)
    return page


@pytest.mark.parametrize(
    ("changed", "state", "sentence"),
    [
        (amounts(230.0), ("part_paid", 115, 115), ["order_part_paid", "order_raised"]),
        (amounts(115.01), ("part_paid", 0.01, 115), ["order_part_paid", "order_raised"]),
        (amounts(100.0), ("overpaid", 0, 115), ["order_lowered"]),
        (amounts(100.0, "EUR"), ("unpaid", 100, 0), ["other_currency"]),
        (amounts(115.0), ("paid", 0, 115), []),
    ],
    ids=["raised", "by a cent", "lowered", "another currency", "as it was"],
)
def test_what_becomes_of_a_paid_order_is_on_the_page_and_in_salesforce_within_a_minute(
    world: World, paid: Page, changed: Any, state: Any, sentence: list[Any]
) -> None:
    version = world.row("payment_requests")["version"]
    world.org.change(paid.order_id, **changed)
    next_look(world)
    assert order_state(world, paid) == page_state(world, paid) == state
    assert sentences(world, paid) == sentence
    assert world.row("payment_requests")["version"] == version, "nothing of its request is written once more"


def test_an_order_that_moved_to_another_account_is_pushed_in_the_turn_of_that_one(world: World, paid: Page) -> None:
    """Two orders of one account that are written at once lock each other out in Salesforce."""
    account = "001xx000003DGb6AAG"
    world.org.change(paid.order_id, AccountId=account, **amounts(230.0))
    world.follow()
    turn = outbox.partition_of(make_order(order_id=paid.order_id, account_id=account))
    assert turn != outbox.partition_of(make_order(order_id=paid.order_id, account_id="001xx000003DGb2AAG"))
    assert world.row("outbox")["partition"] == turn


@pytest.mark.parametrize(
    "changed",
    [
        {"BillToContact": {"MobilePhone": "+27 83 765 4321", "Phone": None}},
        {"Status": "Cancelled"},
        {"Tax__c": 0.0, "Sub_Total__c": 115.0},
    ],
    ids=["phone", "status", "tax"],
)
def test_what_leaves_the_total_as_it_was_is_no_news_for_salesforce(
    world: World, paid: Page, lines: list[Any], changed: dict[str, Any]
) -> None:
    before, version = ledger_order(world, paid), world.row("outbox")["version"]
    world.org.change(paid.order_id, **changed)
    world.clock.pass_by(seconds=2)
    world.open(paid.order_id)
    assert ledger_order(world, paid) != before, "it was taken in"
    assert world.row("outbox")["version"] == version
    assert [line for line in lines if line["event"] == "order_amounts_moved"] == []


def test_an_order_may_go_through_all_of_it(world: World, page: Page) -> None:
    """Raised before, during and after paying, lowered, and in another currency: never a wrong word in Salesforce."""
    world.clock.pass_by(minutes=1)
    link = world.sent(world.open(page.order_id))
    world.settle()
    world.org.change(page.order_id, **amounts(150.0))
    next_look(world)
    assert page_state(world, page) == order_state(world, page) == ("requested", 150, 0)
    world.org.change(page.order_id, **amounts(200.0))
    world.told(link, "PAYMENT_RECEIVED")
    world.clock.pass_by(seconds=31)
    world.push()
    assert page_state(world, page) == order_state(world, page) == ("part_paid", 85, 115)
    world.org.change(page.order_id, **amounts(230.0))
    next_look(world)
    assert page_state(world, page) == order_state(world, page) == ("part_paid", 115, 115)
    rest = world.sent(world.open(page.order_id), expected_total="230.00")
    world.told(rest, "PAYMENT_RECEIVED")
    world.settle()
    page = world.open(page.order_id)
    assert page_state(world, page) == order_state(world, page) == ("paid", 0, 230)
    world.org.change(page.order_id, **amounts(115.0))
    next_look(world)
    assert page_state(world, page) == order_state(world, page) == ("overpaid", 0, 230)
    assert sentences(world, page) == ["order_lowered"], "it was not paid twice"
    world.org.change(page.order_id, **amounts(20.0, "EUR"))
    next_look(world)
    assert page_state(world, page) == order_state(world, page) == ("unpaid", 20, 0)
    assert sentences(world, page) == ["other_currency"]
    world.org.change(page.order_id, **amounts(230.0))
    next_look(world)
    assert page_state(world, page) == order_state(world, page) == ("paid", 0, 230)
    said = ["requested", "requested", "part_paid", "part_paid", "paid", "overpaid", "unpaid", "paid"]
    assert told(world, page) == said


def test_held_money_is_followed_too(world: World, page: Page, link: dict[str, Any]) -> None:
    world.told(link, "PAYMENT_AUTHORIZED")
    world.settle()
    next_look(world)
    world.org.change(page.order_id, **amounts(100.0))
    next_look(world)
    assert sentences(world, page) == ["order_held_too_much"]
    assert order_state(world, page) == ("authorized", 100, 0)
    press(world, page, "capture", amount="100.00")
    world.settle()
    assert order_state(world, page) == page_state(world, page) == ("paid", 0, 100)


# --- what a look costs -----------------------------------------------------------------------------------------------


def test_a_reading_is_one_call_and_a_tenant_without_orders_to_follow_is_not_asked(world: World, page: Page) -> None:
    calls = world.org.calls
    sweep_orders(world.services)
    assert world.org.calls == calls
    world.told(world.sent(page), "PAYMENT_RECEIVED")
    world.settle()
    for _ in range(3):
        calls = world.org.calls
        next_look(world)
        assert world.org.calls == calls + 1
    calls = world.org.calls
    world.clock.pass_by(seconds=30)
    sweep_orders(world.services)
    assert world.org.calls == calls, "it is not time yet"


def test_an_expired_link_is_followed_no_more_and_money_for_ninety_days(
    world: World, page: Page, link: dict[str, Any]
) -> None:
    world.told(link, "PAYMENT_LINK_EXPIRED")
    world.settle()
    calls = world.org.calls
    next_look(world)
    assert world.org.calls == calls
    page = world.open(page.order_id)
    paid = world.sent(page)
    world.told(paid, "PAYMENT_RECEIVED")
    world.told(paid, "PAYMENT_LINK_EXPIRED")  # other news of it moves no money
    world.settle()
    for days, asked in ((89, 1), (2, 0)):
        world.clock.pass_by(days=days)
        calls = world.org.calls
        next_look(world)
        assert (world.org.calls > calls) is bool(asked)


def test_a_new_total_of_an_order_with_money_on_it_is_final_news_whatever_else_is_asked_for_it(
    world: World, paid: Page
) -> None:
    world.org.change(paid.order_id, **amounts(230.0))
    world.sent(world.open(paid.order_id), expected_total="230.00")
    world.settle()
    assert world.row("outbox")["final"] is False
    world.org.change(paid.order_id, **amounts(250.0))
    world.follow()
    assert world.row("outbox")["final"] is True


def test_an_allowance_that_is_nearly_used_up_is_left_to_final_news(world: World, paid: Page) -> None:
    """It is looked at again when the next look is due, not as soon as there are calls again."""
    limits, calls = world.services.salesforce.limits, world.org.calls
    limits.note("acme", "api-usage=4500/5000", now=world.clock())
    world.clock.pass_by(seconds=46)
    sweep_orders(world.services)
    assert world.org.calls == calls
    limits.note("acme", "api-usage=100/5000", now=world.clock())
    for seconds, more in ((44, 0), (1, 1)):
        world.clock.pass_by(seconds=seconds)
        sweep_orders(world.services)
        assert world.org.calls == calls + more


def test_what_a_look_found_to_tell_salesforce_is_pushed_at_once(world: World, paid: Page, lines: list[Any]) -> None:
    woken = world.services.work.outbox

    def looked() -> bool:
        woken.clear()
        world.clock.pass_by(seconds=46)
        sweep_orders(world.services)
        return woken.is_set()

    assert not looked()
    world.org.change(paid.order_id, **amounts(230.0))
    assert looked(), "another total"
    world.settle()
    assert not looked()
    world.org.orders[paid.order_id].update(Chat2Pay_Version__c=1, Chat2Pay_Payment_State__c="unpaid")
    assert looked(), "the org was restored"
    world.services.salesforce.limits.note("acme", "api-usage=4500/5000", now=world.clock() + timedelta(seconds=46))
    assert not looked()
    assert [line for line in lines if line["event"] == "orders_not_followed"] == []


# --- how changes are found -------------------------------------------------------------------------------------------


@pytest.fixture
@played_once
def many(world: World) -> list[str]:
    """More paid orders than a look names, none of them told to Salesforce yet; the first was paid longest ago."""
    store, ids = world.services.store, []
    with store.write() as work:
        for serial in range(COLLECTION + 1):
            moved_at = world.clock() - timedelta(days=60) + timedelta(minutes=serial)
            order = make_order(order_id=long_id(f"801xx0000b{serial:05d}"), read_at=moved_at)
            world.org.add_order(order.order_id, Chat2Pay_Version__c=1)
            request = make_request(
                reference=f"c2p_{serial}", order_id=order.order_id, states=States(link=Link.OPENED, money=Money.PAID),
                captured=order.total, created_at=moved_at, money_moved_at=moved_at, version=1,
            )  # fmt: skip
            orders.save(work, order)
            orders.set_versions(work, "acme", {order.order_id: 1})
            request_rows.add(work, request, phone_digest=b"", key=None, body_digest=None)
            outbox.announce(work, [Announcement(order, 1, final=True)], now=moved_at)
            ids.append(order.order_id)
    return ids


@pytest.fixture
@played_once
def first(world: World, many: list[str]) -> str:
    """The first of many, all of which were told to Salesforce."""
    world.push()
    world.push()
    return many[0]


def calls_about_orders(world: World) -> int:
    """How often the org was called, without what a process asks once: for a token, and which fields there are."""
    return world.org.calls - world.org.logins - len(world.org.described)


def ledger_total(world: World, order_id: str) -> str:
    return next(str(row["total"]) for row in world.rows("orders") if row["order_id"] == order_id)


@pytest.mark.both_databases
def test_an_order_that_was_paid_long_ago_is_found_by_its_stamp(world: World, first: str) -> None:
    next_look(world)
    world.org.change(first, **amounts(230.0))
    calls = calls_about_orders(world)
    next_look(world)
    assert world.org.orders[first]["Chat2Pay_Payment_State__c"] == "part_paid"
    assert calls_about_orders(world) == calls + 2, "one to look, one to write"


def test_what_leaves_no_stamp_is_found_in_the_night(world: World, first: str) -> None:
    """A formula's inputs changed: the order itself was not touched."""
    for _ in range(5):
        next_look(world)  # until what we wrote ourselves is no news any more
    world.org.orders[first].update(amounts(230.0))
    next_look(world)
    assert ledger_total(world, first) == "115.00"
    calls = world.org.calls
    compare_followed(world.services)
    assert world.org.calls == calls + 1
    world.push()
    assert world.org.orders[first]["Chat2Pay_Payment_State__c"] == "part_paid"


def test_a_night_asks_no_more_where_calls_are_scarce_or_the_process_is_to_stop(world: World, paid: Page) -> None:
    limits, calls = world.services.salesforce.limits, world.org.calls
    compare_followed(world.services, going=lambda: False)
    limits.note("acme", "api-usage=4500/5000", now=world.clock())
    compare_followed(world.services)
    assert world.org.calls == calls
    limits.note("acme", "api-usage=100/5000", now=world.clock())
    compare_followed(world.services)
    assert world.org.calls == calls + 1


@pytest.mark.parametrize("minutes", [-30, -5, 0, 5, 30], ids=lambda minutes: f"the org's clock {minutes:+d} min")
def test_clocks_that_differ_hide_no_change(world: World, many: list[str], minutes: int) -> None:
    world.org.now = lambda: world.clock() + timedelta(minutes=minutes)
    world.push()
    world.push()
    first = many[0]
    for total in (230.0, 300.0, 345.0):
        next_look(world)
        next_look(world)
        world.org.change(first, **amounts(total))
        next_look(world)
        assert float(ledger_total(world, first)) == total


def watched(monkeypatch: pytest.MonkeyPatch, **otherwise: Any) -> list[datetime]:
    """Let each look read otherwise; return since when the org was asked for changes, look by look."""
    since: list[datetime] = []

    def read(*of: Any, **how: Any) -> ChangedOrders:
        since.append(how["since"])
        return replace(read_changed_orders(*of, **how), **otherwise)

    monkeypatch.setattr(follow_changed_orders, "read_changed_orders", read)
    return since


def test_what_changed_while_there_was_nothing_to_follow_is_never_asked_for(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_since = watched(monkeypatch)
    next_look(world)
    world.clock.pass_by(days=2)
    next_look(world)
    world.told(world.sent(world.open(page.order_id)), "PAYMENT_RECEIVED")
    next_look(world)
    assert asked_since[0] > world.clock() - timedelta(hours=2)


@pytest.mark.parametrize("last", [timedelta(minutes=7), None], ids=["of some", "of none"])
def test_a_look_that_could_not_read_all_changes_is_followed_by_one_from_the_last_that_it_read(
    world: World, first: str, monkeypatch: pytest.MonkeyPatch, last: timedelta | None
) -> None:
    next_look(world)
    seen = world.clock() - last if last else None
    asked_since = watched(monkeypatch, is_complete=False, seen_until=seen)
    next_look(world)
    next_look(world)
    until = asked_since[0] if seen is None else seen - timedelta(minutes=2)  # what is committed late is seen, too
    assert asked_since[1:] == [until] * (len(asked_since) - 1)
    assert len(asked_since) > 1


def test_a_change_that_is_committed_late_is_seen_all_the_same(world: World, first: str) -> None:
    """It was stamped before the last look and could be seen only after it."""
    next_look(world)
    stamped = world.clock() - timedelta(seconds=60)
    next_look(world)
    world.org.orders[first].update(amounts(230.0), SystemModstamp=stamped.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
    next_look(world)
    assert ledger_total(world, first) == "230.00"


def out_of_reach(world: World, why: str, *, is_so: bool) -> None:
    if why == "scarce":
        usage = "api-usage=4500/5000" if is_so else "api-usage=100/5000"
        world.services.salesforce.limits.note("acme", usage, now=world.clock())
    else:
        setattr(world.org, why, is_so)


@pytest.mark.parametrize("why", ["down", "limit", "scarce"])
def test_what_changed_while_salesforce_could_not_be_asked_is_seen_afterwards(
    world: World, first: str, why: str
) -> None:
    next_look(world)
    world.org.change(first, **amounts(230.0))
    for _ in range(20):
        out_of_reach(world, why, is_so=True)
        next_look(world)
        assert ledger_total(world, first) != "230.00"
        world.clock.pass_by(minutes=5)  # more than an hour in all
    out_of_reach(world, why, is_so=False)
    next_look(world)
    assert ledger_total(world, first) == "230.00"


def test_a_reading_does_not_take_back_what_a_later_reading_saw(world: World, paid: Page) -> None:
    def meanwhile() -> None:
        world.clock.pass_by(seconds=3)
        world.org.change(paid.order_id, **amounts(230.0))
        world.open(paid.order_id)

    world.org.after_query = meanwhile
    next_look(world)
    assert order_state(world, paid) == page_state(world, paid) == ("part_paid", 115, 115)


# --- what is gone ----------------------------------------------------------------------------------------------------


def test_a_deleted_order_is_noticed_within_a_minute_and_again_when_it_is_back(
    world: World, first: str, lines: list[Any]
) -> None:
    next_look(world)
    world.org.delete(first)
    next_look(world)
    assert [line["order"] for line in lines if line["event"] == "order_not_in_org"] == [first]
    assert "orders_missing" in [row["check"] for row in world.rows("looks_due")], (
        "a finding does not wait for the night"
    )
    next_look(world)
    assert len([line for line in lines if line["event"] == "order_not_in_org"]) == 1, "told once"
    world.org.restore(first)
    world.org.change(first, **amounts(230.0))
    next_look(world)
    assert world.org.orders[first]["Chat2Pay_Payment_State__c"] == "part_paid"
    assert world.org.requests["c2p_0"]["Order__c"] == first


def test_an_org_that_does_not_show_an_order_any_more_is_told_from_one_that_deleted_it(
    world: World, paid: Page, lines: list[Any]
) -> None:
    hidden = world.org.orders.pop(paid.order_id)
    next_look(world)
    assert [line["order"] for line in lines if line["event"] == "order_not_in_org"] == [paid.order_id]
    world.org.orders[paid.order_id] = hidden
    next_look(world)
    row = next(row for row in world.rows("orders") if row["order_id"] == paid.order_id)
    assert (row["unread_because"], row["unread_at"]) == (None, None)


def test_an_order_that_is_shown_again_without_a_total_is_written_again_once_it_has_one(
    world: World, paid: Page
) -> None:
    hidden = world.org.orders.pop(paid.order_id)
    next_look(world)
    version = ledger_order(world, paid)["version"]
    world.org.orders[paid.order_id] = hidden
    for total, rise in ((None, 0), (115.0, 1)):
        world.org.change(paid.order_id, Grand_Total__c=total)
        next_look(world)
        assert ledger_order(world, paid)["version"] == version + rise


def test_a_tenant_whose_secrets_cannot_be_opened_is_not_tried_without_end(
    world: World, paid: Page, lines: list[Any]
) -> None:
    world.restart(encryption_keys=(Secret(base64.urlsafe_b64encode(b"x" * 32).decode()),))
    next_look(world)
    sweep_orders(world.services)
    assert len([line for line in lines if line["event"] == "tenant_not_opened"]) == 1
    assert [line for line in lines if line["event"] == "orders_not_followed"] == []


def test_a_fault_of_ours_is_told_and_is_tried_again_when_the_next_look_is_due(
    world: World, paid: Page, lines: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ValueError("a fault of ours")

    monkeypatch.setattr(sweeps, "follow_changed_orders", fail)
    for seconds, told_so_far in ((46, 1), (44, 1), (1, 2)):
        world.clock.pass_by(seconds=seconds)
        sweep_orders(world.services)
        found = [(line["tenant"], line["error"]) for line in lines if line["event"] == "orders_not_followed"]
        assert found == [("acme", "ValueError")] * told_so_far


def test_an_order_is_followed_while_its_link_is_live_and_before_any_money_came(world: World, page: Page) -> None:
    world.sent(page)
    reference = world.row("payment_requests")["reference"]
    for followed in ([page.order_id], []):
        with world.services.store.read() as work:
            asked = followed_orders.followed_among(work, "acme", [page.order_id], since=world.clock())
        assert asked == followed
        world.cancel(page, reference)


def test_a_page_learns_that_its_order_is_shown_again_though_nothing_in_it_changed(world: World, page: Page) -> None:
    url = f"/api/orders/{page.order_id}"
    read_at = world.clock()
    for at, gone in ((read_at, False), (read_at + timedelta(seconds=1), True)):
        record_missing(tenant_id="acme", order_ids=[page.order_id], store=world.services.store, at=at)
        assert (world.row("orders")["unread_because"] is not None) is gone, "of the same moment the reading counts"
    tag = world.client.get(url, headers=page.headers).headers["ETag"]
    world.clock.pass_by(seconds=2)
    world.open(page.order_id)
    answer = world.client.get(url, headers=page.headers | {"If-None-Match": tag})
    assert (answer.status_code, answer.json["can_send"]) == (200, True)
